using Shouldly;

namespace Firn.Testing;

/// <summary>What nodes that dial each other must come to.</summary>
internal static class Agreement
{
    /// <summary>Both have one session with each other, and it is the same.</summary>
    public static async Task ShouldShareOneSessionAsync(LiveNode a, LiveNode b)
    {
        bool Agree() => a.Node.Peers.SingleOrDefault(p => p.Name == b.Node.Self.Name) is { } there
            && b.Node.Peers.SingleOrDefault(p => p.Name == a.Node.Self.Name) is { } back
            && there.SessionId == back.SessionId;

        // Whichever of the two is the last to come to it.
        string what = $"{a.Name} and {b.Name} to agree on a session";
        await await Task.WhenAny(a.Events.WhenAsync(_ => Agree(), what), b.Events.WhenAsync(_ => Agree(), what));
    }

    /// <summary>Each peer came up once at each node, and went down with the goodbye that this ends with.</summary>
    public static async Task ShouldNotHaveFlappedAsync(string which, params LiveNode[] nodes)
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
            await node.Events.Ended;
        }

        foreach (var node in nodes)
        {
            // A node that dials from its start may have connected before its log began.
            node.Events.Of<PeerUpEvent>().Count().ShouldBeLessThanOrEqualTo(nodes.Length - 1, $"{which}: {node.Name}: {node.Events}");
            node.Events.Of<PeerDownEvent>().Select(down => down.Reason).ShouldAllBe(
                reason => reason == EndReason.Shutdown, $"{which}: {node.Name}: {node.Events}");
        }
    }

    /// <summary>Passes less time than a timer can measure, without sleeping.</summary>
    public static async Task PassAsync(TimeSpan span)
    {
        await Task.Yield();
        for (long begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < span;)
            await Task.Yield();
    }
}
