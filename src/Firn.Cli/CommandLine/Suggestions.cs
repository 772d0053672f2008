using System.CommandLine.Completions;
using Firn.AspNetCore;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>What shells offer for names that only a node knows. A node that does not answer at once offers nothing.</summary>
internal static class Suggestions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The names of the peers.</summary>
    public static Func<CompletionContext, IEnumerable<string>> Peers(CommonOptions common) =>
        context => Ask(common, context, PeersAsync);

    /// <summary>The names of the node itself and of its peers.</summary>
    public static Func<CompletionContext, IEnumerable<string>> Nodes(CommonOptions common) =>
        context => Ask(common, context, NodesAsync);

    /// <summary>Every named process as NAME@NODE.</summary>
    public static Func<CompletionContext, IEnumerable<string>> Processes(CommonOptions common) =>
        context => Ask(common, context, async (client, stop) =>
        {
            var names = await Task.WhenAll((await NodesAsync(client, stop)).Select(node => client.NamesAsync(node, stop)));
            return [.. names.SelectMany(at => at.Names.Where(name => name.Kind == "process").Select(name => $"{name.Name}@{at.Node}"))];
        });

    /// <summary>The ids of the invites that can still be used.</summary>
    public static Func<CompletionContext, IEnumerable<string>> Invites(CommonOptions common) => context => Ask(
        common, context, async (client, stop) => [.. (await client.InvitesAsync(stop)).Where(invite => invite.State == "open").Select(invite => invite.Id)]);

    /// <summary>The names that are pinned.</summary>
    public static Func<CompletionContext, IEnumerable<string>> Pins(CommonOptions common) => context => Ask(
        common, context, async (client, stop) => [.. (await client.PinsAsync(stop)).Select(pin => pin.Name)]);

    private static async Task<IReadOnlyList<string>> PeersAsync(ControlClient client, CancellationToken stop) =>
        [.. (await client.PeersAsync(stop)).Select(peer => peer.Name)];

    private static async Task<IReadOnlyList<string>> NodesAsync(ControlClient client, CancellationToken stop) =>
        [(await client.StatusAsync(stop)).Name, .. await PeersAsync(client, stop)];

    private static IReadOnlyList<string> Ask(
        CommonOptions common, CompletionContext context, Func<ControlClient, CancellationToken, Task<IReadOnlyList<string>>> ask)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            if (FirnHome.TryOpen() is null)
                return [];   // no node runs, and asking is no reason to make a home
            using var client = common.Connect(context.ParseResult);
            return ask(client, patience.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is FirnException or OperationCanceledException)
        {
            return [];
        }
    }
}
