using Firn.AspNetCore;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>The story: three processes mesh, one dies and comes back, a stranger is turned away.</summary>
internal sealed class DemoScript(DemoSteps steps)
{
    private static readonly string[] TryNext =
    [
        "",
        "Now for real:",
        "  firn up                        here, and follow what it says to join from another machine",
        "  firn peers                     who is connected",
        "  firn ping NAME                 how far away a peer is",
        "  firn events                    what happens",
    ];

    private readonly List<DemoNode> _nodes = [];

    /// <summary>Tells the story to its end, or to the step that failed; nothing stays behind.</summary>
    public async Task<DemoRecord> RunAsync(CancellationToken stop)
    {
        var directory = Directory.CreateTempSubdirectory("firn-demo-");
        try
        {
            await TellAsync(Path.Combine(directory.FullName, "home"), Path.Combine(directory.FullName, "stranger"), stop);
            steps.Show(TryNext);
        }
        catch (FirnException)
        {
            // The step that failed has said so; the record is not ok.
        }
        finally
        {
            await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
            directory.Delete(recursive: true);
        }

        return steps.Record;
    }

    private async Task TellAsync(string home, string strangersHome, CancellationToken stop)
    {
        DemoNode alpha = null!, beta = null!, gamma = null!;

        await steps.RunAsync("Three nodes start, each a process; beta and gamma know only alpha's address", async ct =>
        {
            alpha = await StartAsync(home, "alpha", null, ct);
            string seed = alpha.Status.Listening[0];
            var others = await Task.WhenAll(StartAsync(home, "beta", seed, ct), StartAsync(home, "gamma", seed, ct));
            (beta, gamma) = (others[0], others[1]);
            return string.Join(", ", _nodes.Select(node => $"{ShortName(node)} is process {node.ProcessId}"));
        }, stop);

        await steps.RunAsync("They mesh", async ct =>
        {
            await Task.WhenAll(
                from node in _nodes
                from other in _nodes
                where node != other
                select node.SeeAsync(IsUp(other), 0, ct));
            return "each has a session with each, authenticated and encrypted";
        }, stop);

        await steps.RunAsync("Everyone lists everyone, with round-trip times", async ct =>
        {
            var opened = FirnHome.Open(home);
            var tables = new List<string>();
            foreach (var node in _nodes)
                tables.AddRange(await PeersOfAsync(node, opened, ct));
            steps.Show(tables);
            return "what 'firn peers' shows at each of them";
        }, stop);

        await steps.RunAsync("gamma is killed (SIGKILL); the others notice", async ct =>
        {
            int fromAlpha = alpha.Count, fromBeta = beta.Count;
            await gamma.KillAsync(ct);
            var seen = await Task.WhenAll(
                alpha.SeeAsync(IsDown(gamma), fromAlpha, ct), beta.SeeAsync(IsDown(gamma), fromBeta, ct));
            return $"alpha: {EventLines.Describe(seen[0])}; beta: {EventLines.Describe(seen[1])}";
        }, stop);

        await steps.RunAsync("gamma starts again, and is back under a new incarnation", async ct =>
        {
            int fromAlpha = alpha.Count, fromBeta = beta.Count;
            var reborn = await StartAsync(home, "gamma", alpha.Status.Listening[0], ct);
            await Task.WhenAll(alpha.SeeAsync(IsUp(reborn), fromAlpha, ct), beta.SeeAsync(IsUp(reborn), fromBeta, ct));
            return reborn.Status.Did == gamma.Status.Did && reborn.Status.Incarnation > gamma.Status.Incarnation
                ? $"the same identity, incarnation {gamma.Status.Incarnation} and now {reborn.Status.Incarnation}"
                : throw new FirnException(FailureReason.ProtocolError, "it came back as another, or with an old incarnation");
        }, stop);

        await steps.RunAsync("A stranger with another cookie tries to join, and is refused", async ct =>
        {
            int fromAlpha = alpha.Count;
            var stranger = await StartAsync(strangersHome, "stranger", alpha.Status.Listening[0], ct);
            var refusal = await alpha.SeeAsync(e => e.Event == "refused", fromAlpha, ct);
            var failure = await stranger.SeeAsync(e => e.Event == "dialFailed", 0, ct);
            return $"alpha: {EventLines.Describe(refusal)}; stranger: {EventLines.Describe(failure)}";
        }, stop);

        await steps.RunAsync("All say goodbye", async ct =>
        {
            int[] codes = await Task.WhenAll(_nodes.Where(node => node != gamma).Select(node => node.StopAsync(ct)));
            return codes.All(code => code == 0)
                ? "every process ended with exit code 0"
                : throw new FirnException(FailureReason.ProtocolError, $"exit codes {string.Join(", ", codes)}");
        }, stop);
    }

    private async Task<DemoNode> StartAsync(string home, string name, string? peer, CancellationToken stop)
    {
        var node = await DemoNode.StartAsync(home, name, peer, stop);
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }

    /// <summary>A ping to each first, so that there is a round-trip time to show.</summary>
    private static async Task<IEnumerable<string>> PeersOfAsync(DemoNode node, FirnHome home, CancellationToken stop)
    {
        using var client = node.Connect(home);
        foreach (var peer in await client.PeersAsync(stop))
            await client.PingAsync(peer.Name, stop);
        var table = PeerRows.Table(await client.PeersAsync(stop), DateTime.UtcNow);
        return [$"   {ShortName(node)}:", .. table.Select(line => "     " + line)];
    }

    private static Predicate<EventBody> IsUp(DemoNode node) =>
        e => e.Event == "peerUp" && e.Peer?.Name == node.Status.Name && e.Peer.Incarnation == node.Status.Incarnation;

    private static Predicate<EventBody> IsDown(DemoNode node) =>
        e => e.Event == "peerDown" && e.Peer?.Name == node.Status.Name && e.Peer.Incarnation == node.Status.Incarnation;

    private static string ShortName(DemoNode node) => NodeName.Parse(node.Status.Name).Name;
}
