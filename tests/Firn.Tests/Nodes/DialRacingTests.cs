using System.Net;
using System.Net.Sockets;
using Firn.Identity;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.Nodes;

/// <summary>Several ways to one peer, on virtual time: who is reached, how soon, and that nothing is left of the others.</summary>
public sealed class DialRacingTests : VirtualNodeFixture
{
    private static readonly NodeAddress Hole = NodeAddress.Parse("hole:1");

    [Fact]
    public async Task A_way_that_swallows_everything_costs_no_deadline_and_is_given_up()
    {
        var began = Time.GetTimestamp();
        var (a, b) = await StartAsync(Hole, "b");
        await DriveAsync(a.PeerAsync("b"));
        Time.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        await DriveAsync(1);
        Network.Dials.ShouldBe(2);
        a.Events.Of<DialFailedEvent>().ShouldBeEmpty();
        Network.OpenConnections.ShouldBe(1);
        b.Node.Peers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_worked_is_tried_first_next_time()
    {
        var (a, _) = await StartAsync(Hole, "b");
        await DriveAsync(a.PeerAsync("b"));
        await DriveAsync(1);
        long dials = Network.Dials;
        Network.Cut("a", "b");
        await DriveAsync(a.Events.FirstAsync<PeerUpEvent>(skip: 1));
        await DriveAsync(1);
        (Network.Dials - dials).ShouldBe(1, "the way that worked, and no other");
    }

    [Fact]
    public async Task Another_node_at_one_address_does_not_end_the_dial_of_a_known_key()
    {
        await StartAsync("c");
        var (a, _) = await StartAsync(NodeAddress.Parse("c:3476"), "b");
        await DriveAsync(a.PeerAsync("b"));
        a.Events.Of<DialFailedEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_acceptor_that_is_reached_by_two_ways_has_one_session_no_stranger_and_nothing_to_report()
    {
        Network.Latency = static (_, _) => TimeSpan.FromMilliseconds(200);
        var b = await StartAsync("b");
        var a = await StartAsync("a", o => (o.Mesh, _) = (MeshMode.None, Say(o, b, NodeAddress.Parse("b:3476"), b.Address)));
        await DriveAsync(a.PeerAsync("b"));
        await DriveAsync(b.PeerAsync("a"));
        await DriveAsync(3);
        Network.Dials.ShouldBe(2);
        Network.OpenConnections.ShouldBe(1);
        b.Node.Core.Acceptor.Strangers.ShouldBe(0);
        b.Events.Of<RefusedEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Once_one_way_is_answered_the_others_are_cancelled_and_not_when_there_is_a_session()
    {
        Network.Latency = static (_, _) => TimeSpan.FromMilliseconds(400);
        var b = await StartAsync("b");
        HoleInTheGround? transport = null;
        var a = await StartAsync("a", o =>
        {
            o.Mesh = MeshMode.None;
            o.Transports = [transport = new HoleInTheGround(o.Transports!.Single())];
            Say(o, b, Hole, b.Address);
        });

        await DriveAsync(transport!.Cancelled);
        a.Node.Peers.ShouldBeEmpty("two more latencies lie between the answer and a session");
        await DriveAsync(a.PeerAsync("b"));
    }

    [Fact]
    public async Task A_dial_that_fails_says_what_became_of_each_way_and_leaves_nothing()
    {
        var b = await StartAsync("b");
        Network.Join("hole");
        Network.SetPath("a", "hole", PathState.Silent);
        var a = await StartAsync("a", o => Say(o, b, Hole, NodeAddress.Parse("b:9"), NodeAddress.Parse("nowhere:9")));
        var failed = await DriveAsync(a.Events.FirstAsync<DialFailedEvent>());
        failed.Ways.Select(w => (w.Way, w.Reason)).ShouldBe(
        [
            ("tcp://b:9", FailureReason.Unreachable), ("tcp://nowhere:9", FailureReason.Unreachable), ("tcp://hole:1", FailureReason.TimedOut),
        ]);
        failed.Reason.ShouldBe(FailureReason.Unreachable);
        failed.Message.ShouldStartWith("None of 3 ways led to tcp://hole:1: Cannot reach tcp://b:9: connection refused");
        Network.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_node_that_is_disposed_while_it_races_leaves_nothing()
    {
        var (a, _) = await StartAsync(Hole, "b");
        Network.SetPath("a", "b", PathState.Silent);
        await DriveAsync(0.4);
        Network.Dials.ShouldBeGreaterThan(0);
        await DriveAsync(a.DisposeAsync().AsTask());
        Network.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_told_peer_is_dialled_by_DID_or_name_after_a_hangup()
    {
        var seed = await StartAsync("seed");
        var b = await StartAsync("b", o => o.Peers.Add(seed.Address.ToString()));
        var a = await StartAsync("a", o => o.Peers.Add(seed.Address.ToString()));
        foreach (string who in new[] { b.Node.Self.Did.ToString(), "b@b.lan" })
        {
            var peer = await DriveAsync(a.PeerAsync("b"));
            await DriveAsync(1);
            await DriveAsync(peer.HangupAsync());
            await DriveAsync(b.WaitUntilPeersAsync(seed));
            (await DriveAsync(a.Node.ConnectAsync(who))).Did.ShouldBe(b.Node.Self.Did);
        }
    }

    /// <summary>A node called a whose source says that the other one is at <paramref name="first"/>, or where it really is.</summary>
    private async Task<(LiveNode A, LiveNode B)> StartAsync(NodeAddress first, string other)
    {
        var b = await StartAsync(other, static o => o.Mesh = MeshMode.None);
        if (first == Hole)
        {
            Network.Join("hole");
            Network.SetPath("a", "hole", PathState.Silent);
        }

        return (await StartAsync("a", o => (o.Mesh, _) = (MeshMode.None, Say(o, b, first, b.Address))), b);
    }

    private static bool Say(NodeOptions options, LiveNode whom, params NodeAddress[] addresses)
    {
        options.Sources.Add(new ListSource(new PeerFound("x", addresses, whom.Node.Self.Did)));
        return true;
    }

    /// <summary>Dials as another transport does, but for what is swallowed, and says when that is given up.</summary>
    private sealed class HoleInTheGround(ITransport other) : ITransport
    {
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Cancelled => _cancelled.Task;

        public string Scheme => other.Scheme;

        public bool DialsNames => other.DialsNames;

        public ValueTask<ITransportListener> ListenAsync(NodeAddress address, CancellationToken cancellationToken) =>
            other.ListenAsync(address, cancellationToken);

        public async ValueTask<ILink> DialAsync(NodeAddress address, LeafCredential local, CancellationToken cancellationToken)
        {
            if (address.Host != Hole.Host)
                return await other.DialAsync(address, local, cancellationToken);
            using (cancellationToken.Register(_cancelled.SetResult))
                await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private sealed class ListSource(params PeerSighting[] sightings) : IPeerSource
    {
        public string Name => "list";

        public IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, CancellationToken cancellationToken) => sightings.ToAsyncEnumerable();
    }
}

/// <summary>All addresses of a name, over loopback.</summary>
public sealed class NameRacingTests : NodeFixture
{
    [Fact]
    public async Task All_addresses_of_a_name_are_ways_and_the_one_that_answers_is_taken()
    {
        var b = await StartAsync("b");
        var a = await StartAsync("a", o => o.Resolve = (host, family, _) => Task.FromResult<IReadOnlyList<IPAddress>>(
            host != "db.test" ? [] : family == AddressFamily.InterNetworkV6 ? [IPAddress.IPv6Loopback] : [IPAddress.Parse("127.0.0.9"), IPAddress.Loopback]));
        (await a.Node.ConnectAsync($"db.test:{b.Address.Port}").WaitAsync(EventLog.Ceiling)).Did.ShouldBe(b.Node.Self.Did);
    }

    [Fact]
    public async Task Each_address_of_a_name_has_its_line_in_the_failure()
    {
        var gone = await StartAsync("gone");
        int port = gone.Address.Port;
        await gone.DisposeAsync();
        var a = await StartAsync("a", o => o.Resolve = (_, family, _) => Task.FromResult<IReadOnlyList<IPAddress>>(
            family == AddressFamily.InterNetworkV6 ? [] : [IPAddress.Loopback, IPAddress.Parse("127.0.0.9")]));

        var error = await DialFailureAsync(a, $"db.test:{port}");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Ways.Select(w => w.Way).ShouldBe([$"tcp://db.test:{port} (127.0.0.1)", $"tcp://db.test:{port} (127.0.0.9)"]);
        error.Ways.ShouldAllBe(w => w.Message.Contains("refused"));
        error.Message.ShouldStartWith($"None of 2 ways led to tcp://db.test:{port}: ");
    }

    [Fact]
    public async Task A_name_that_leads_nowhere_is_said_to_and_so_is_an_unknown_DID()
    {
        var a = await StartAsync("a", o => o.Resolve = static (_, _, _) => Task.FromResult<IReadOnlyList<IPAddress>>([]));
        (await DialFailureAsync(a, "db.test")).Message.ShouldBe("Cannot reach tcp://db.test:3476: the name does not resolve.");

        var b = await StartAsync("b");
        var error = await DialFailureAsync(a, b.Node.Self.Did.ToString());
        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("dial one of its addresses");
    }
}
