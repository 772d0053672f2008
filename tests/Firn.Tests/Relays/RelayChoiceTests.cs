using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Relays;

/// <summary>When nodes go through a relay by themselves, and when no longer.</summary>
public sealed class RelayChoiceTests : VirtualNodeFixture
{
    [Fact]
    public async Task Two_nodes_without_a_route_meet_through_the_relay_that_both_know()
    {
        var (a, b, c) = await StartAsync();

        var peer = await DriveAsync(a.PeerAsync("c"));

        peer.Via.ShouldBe(b.Node.Self.Name);
        (await DriveAsync(c.PeerAsync("a"))).Via.ShouldBe(b.Node.Self.Name);
        await DriveAsync(peer.PingAsync());
        await DriveAsync(5);
        a.Events.Of<PeerUpEvent>().Count(e => e.Peer.Name.Name == "c").ShouldBe(1);   // one session, though both have dialled
    }

    [Fact]
    public async Task A_node_that_listens_on_loopback_only_is_told_of_by_the_relay()
    {
        var (a, b, c) = await StartAsync(changeC: o => o.Listen[0] = "tcp://127.0.0.1:3476");

        var peer = await DriveAsync(a.PeerAsync("c"));

        peer.Via.ShouldBe(b.Node.Self.Name);
        peer.Description.Addresses.ShouldHaveSingleItem().Host.ShouldBe("127.0.0.1");
        await LearnsAsync(a, c);
        a.Node.Core.Decide((rules, _) => rules.Dials.Targets.Single(t => t.Peer?.Name == c.Node.Self.Name).Addresses).ShouldBeEmpty();
    }

    /// <summary>Without a relay nobody can do anything with such a record.</summary>
    [Fact]
    public async Task Without_a_relay_nobody_is_told_what_leads_nowhere()
    {
        var (a, b, _) = await StartAsync(changeB: o => o.Relay = false, changeC: o => o.Listen[0] = "tcp://127.0.0.1:3476");
        await DriveAsync(5);

        a.Node.Peers.ShouldHaveSingleItem().Name.ShouldBe(b.Node.Self.Name);
        a.Events.Of<DialFailedEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task When_its_relay_is_killed_a_pair_finds_another_one()
    {
        var (a, b, c) = await StartAsync();
        var peer = await DriveAsync(a.PeerAsync("c"));
        await LearnsAsync(a, c);
        var other = await StartRelayAsync("other", a, c);

        Network.Partition(["b"], ["a", "c", "other"], PathState.Unreachable);
        Network.CutAll("b");

        var down = await DriveAsync(a.Events.FirstAsync<PeerDownEvent>(e => e.Peer == peer));
        (down.Reason, down.Peer.Via).ShouldBe((EndReason.RelayLost, b.Node.Self.Name));
        await DriveAsync(a.WaitUntilPeersAsync(c, other));
        a.Node.FindPeer("c").Via.ShouldBe(other.Node.Self.Name);
    }

    [Fact]
    public async Task When_there_is_no_other_it_says_so_and_comes_back_with_the_relay()
    {
        var (a, b, c) = await StartAsync();
        await DriveAsync(a.PeerAsync("c"));
        await LearnsAsync(a, c);

        Network.Partition(["b"], ["a", "c"], PathState.Unreachable);
        Network.CutAll("b");

        await DriveAsync(a.Events.FirstAsync<PeerDownEvent>(e => e.Peer.Name.Name == "c"));
        var failed = await DriveAsync(a.Events.FirstAsync<DialFailedEvent>(e => e.Address == c.Address && e.At > b.Node.Self.StartedAt));
        failed.Reason.ShouldBe(FailureReason.Unreachable);
        a.Node.Peers.ShouldBeEmpty();

        Network.Heal();
        Network.Partition(["a"], ["c"], PathState.Unreachable);
        await DriveAsync(a.WaitUntilPeersAsync(b, c));
    }

    [Fact]
    public async Task A_redial_goes_straight_as_soon_as_it_can()
    {
        var (a, b, c) = await StartAsync();
        var peer = await DriveAsync(a.PeerAsync("c"));
        await DriveAsync(c.PeerAsync("a"));
        await LearnsAsync(a, c);
        Network.Heal();

        Network.Cut("b", "c").ShouldBe(1);

        await DriveAsync(a.Events.FirstAsync<PeerDownEvent>(e => e.Peer == peer));
        await DriveAsync(a.WaitUntilPeersAsync(b, c));
        a.Node.FindPeer("c").Via.ShouldBeNull();
    }

    [Fact]
    public async Task Who_was_hung_up_stays_away_though_the_relay_could_bring_it_back()
    {
        var (a, b, c) = await StartAsync();
        var (there, back) = (await DriveAsync(a.PeerAsync("c")), await DriveAsync(c.PeerAsync("a")));
        await LearnsAsync(a, c);
        await LearnsAsync(c, a);
        await DriveAsync(1);   // both have dialled: a dial that is under way would come back by right
        await DriveAsync(NodeGroup.UntilAsync(() => b.Node.Core.Relay!.Totals.Streams == 1, "one session to be left"));

        await there.HangupAsync().WaitAsync(EventLog.Ceiling);   // time stands still: nobody is too late to listen

        (await a.Events.FirstAsync<PeerDownEvent>(e => e.Peer == there)).Reason.ShouldBe(EndReason.Hangup);
        (await c.Events.FirstAsync<PeerDownEvent>(e => e.Peer == back)).Reason.ShouldBe(EndReason.Hangup);
        await DriveAsync(10);
        a.Node.Peers.ShouldNotContain(peer => peer.Name == c.Node.Self.Name);
        c.Node.Peers.ShouldNotContain(peer => peer.Name == a.Node.Self.Name);
    }

    [Fact]
    public async Task A_relay_that_is_itself_relayed_is_not_asked()
    {
        // c relays too, but is reached through b only: d, which c alone reaches, stays out of reach.
        var (a, b, c) = await StartAsync(changeC: o => o.Relay = true);
        await DriveAsync(a.PeerAsync("c"));
        Network.Partition(["d"], ["a", "b"], PathState.Unreachable);
        var d = await StartAsync("d");
        await DriveAsync(d.ConnectAsync(c));
        await DriveAsync(b.PeerAsync("d"));   // through c
        await DriveAsync(5);

        b.Node.FindPeer("d").Via.ShouldBe(c.Node.Self.Name);
        a.Node.Peers.ShouldNotContain(peer => peer.Name == d.Node.Self.Name);
        a.Node.Core.Decide((rules, _) => rules.Relays).ShouldBe(1);   // b alone
        var error = await Should.ThrowAsync<FirnException>(() => DriveAsync(RelayDials.DialAsync(a, d, "b")));
        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("no session that goes straight");
        error = await Should.ThrowAsync<FirnException>(() => DriveAsync(RelayDials.DialAsync(a, d, "c")));
        error.Reason.ShouldBe(FailureReason.Unsupported);   // and c is asked through b
        error.Message.ShouldContain("one only");
    }

    /// <summary>The other may have been the quicker to dial: until its record is here, only that one can come back.</summary>
    private Task LearnsAsync(LiveNode node, LiveNode other) => DriveAsync(NodeGroup.UntilAsync(
        () => node.Node.Core.Decide((rules, _) => rules.Dials.Targets.Any(t => t.Peer?.Name == other.Node.Self.Name)),
        $"{node.Name} to know of {other.Name}"));

    private async Task<(LiveNode A, LiveNode B, LiveNode C)> StartAsync(Action<NodeOptions>? changeB = null, Action<NodeOptions>? changeC = null)
    {
        Network.Partition(["a"], ["c"], PathState.Unreachable);
        var (a, c) = (await StartAsync("a"), await StartAsync("c", changeC));
        return (a, await StartRelayAsync("b", a, c, changeB), c);
    }

    private async Task<LiveNode> StartRelayAsync(string name, LiveNode a, LiveNode c, Action<NodeOptions>? change = null)
    {
        var relay = await StartAsync(name, o =>
        {
            o.Relay = true;
            change?.Invoke(o);
            o.Peers.Add(a.Address.ToString());
        });
        await DriveAsync(Task.WhenAll(relay.PeerAsync("a"), c.ConnectAsync(relay)));
        return relay;
    }
}
