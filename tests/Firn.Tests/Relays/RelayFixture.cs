using Firn.Protocol;
using Firn.Relays;
using Firn.Testing;
using Firn.Tests.Nodes;
using Firn.Transports;

namespace Firn.Tests.Relays;

/// <summary>Nodes a and c that cannot reach each other, and b, which relays and which both are connected with.</summary>
public abstract class RelayFixture : VirtualNodeFixture
{
    private protected LiveNode A { get; private set; } = null!;

    private protected LiveNode B { get; private set; } = null!;

    private protected LiveNode C { get; private set; } = null!;

    private protected async Task StartAsync(Action<NodeOptions>? changeB = null, Action<NodeOptions>? change = null)
    {
        void Change(NodeOptions o)
        {
            o.Mesh = MeshMode.None;   // nobody dials but the test
            change?.Invoke(o);
        }

        (A, C) = (await StartAsync("a", Change), await StartAsync("c", Change));
        B = await StartRelayAsync("b", changeB);
    }

    /// <summary>One more relay, connected with both.</summary>
    private protected async Task<LiveNode> StartRelayAsync(string name, Action<NodeOptions>? change = null)
    {
        Network.Partition(["a"], ["c"], PathState.Unreachable);
        var relay = await StartAsync(name, o =>
        {
            o.Relay = true;
            change?.Invoke(o);
        });
        await DriveAsync(Task.WhenAll(A.ConnectAsync(relay), C.ConnectAsync(relay)));
        await DriveAsync(Task.WhenAll(relay.PeerAsync("a"), relay.PeerAsync("c")));
        return relay;
    }

    /// <summary>Advances virtual time in steps of half a second: for what ends by a deadline.</summary>
    private protected async Task DriveFarAsync(Task goal)
    {
        for (int i = 0; i < 120 && !goal.IsCompleted; i++)
        {
            await DriveAsync(0.02);
            Time.Advance(TimeSpan.FromSeconds(0.5));
        }

        await DriveAsync(goal);
    }

    /// <summary>What <paramref name="from"/> makes of a request for <paramref name="to"/> through its peer <paramref name="via"/>.</summary>
    private protected async Task<Peer> ConnectAsync(LiveNode from, LiveNode to, string via = "b")
    {
        await DriveAsync(RelayDials.DialAsync(from, to, via));
        return await DriveAsync(from.PeerAsync(to.Name));
    }

    /// <summary>The end of a node's association with <paramref name="peer"/>.</summary>
    private protected static Task<PeerDownEvent> DownAsync(LiveNode node, Peer peer) => node.Events.FirstAsync<PeerDownEvent>(e => e.Peer == peer);

    /// <summary>A key of nobody.</summary>
    private protected static Did Invented(int number) => Did.FromValidPoint([2, .. new byte[31], (byte)number]);
}

/// <summary>Dials of a node through a peer of its, whatever else it would do.</summary>
internal static class RelayDials
{
    public static async Task DialAsync(LiveNode from, LiveNode to, string via)
    {
        var relay = from.Node.FindPeer(via);
        var demanded = new PeerKey(to.Node.Self.Did, to.Node.Self.Name);
        var link = await RelayDialer.DialAsync(relay, demanded.Did, from.Node.Core.Setup.Credentials.Current, CancellationToken.None);
        await ByHand.ProveAsync(from, link, new RelayedWay(relay.Key, demanded.Did), demanded);
    }
}

/// <summary>The second half of a dial.</summary>
internal static class ByHand
{
    /// <summary>Makes a session of <paramref name="link"/>, which <paramref name="from"/> has dialled by <paramref name="way"/>.</summary>
    public static async Task ProveAsync(LiveNode from, ILink link, DialWay way, PeerKey? demanded)
    {
        var core = from.Node.Core;
        var cookie = core.Setup.Handshake.Admission.Keyring![0];
        long number = core.Decide((rules, _) => rules.NewLink());
        bool isSession = false;
        try
        {
            var dial = new StartDial(number, [way], demanded, Cookie: cookie);
            using var greeting = await core.Handshaker.GreetAsync(link, dial, way, CancellationToken.None);
            isSession = await core.Handshaker.ProveAsync(greeting, dial, () => Task.FromResult(true), CancellationToken.None);
        }
        finally
        {
            if (!isSession)
                await link.DisposeAsync();
        }
    }
}
