using System.CommandLine;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn peers</c>: who is connected.</summary>
internal static class PeersCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "peers", "List the connected peers of a node of this machine", "firn peers", "firn peers --json | jq -r '.[].name'");
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var peers = await client.PeersAsync(stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, peers, ControlJson.Default.IReadOnlyListPeerBody);
            else if (peers.Count == 0)
                output.WriteLine("no peers yet: 'firn dial ADDRESS' connects to one; 'firn up' says how others join");
            else
                foreach (string line in PeerRows.Table(peers, DateTime.UtcNow))
                    output.WriteLine(line);
            if (!parsed.GetValue(common.Json))
                await TellOfFrozenAsync(client, parsed.InvocationConfiguration.Error, stop);
            return Tool.Success;
        });
        return command;
    }

    /// <summary>Who is missing from the list may be so because its key is frozen.</summary>
    private static async Task TellOfFrozenAsync(ControlClient client, TextWriter error, CancellationToken stop)
    {
        foreach (var frozen in (await client.StatusAsync(stop)).Frozen ?? [])
            error.WriteLine($"FROZEN: {frozen.Message}");
    }
}
