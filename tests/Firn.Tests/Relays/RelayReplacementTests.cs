using Firn.Protocol;
using Firn.Testing;

namespace Firn.Tests.Relays;

/// <summary>
/// A session with the relay gives way to another one. Its streams end with it, and with them what they carry: at both ends and with a reason, so
/// that it can be made again.
/// </summary>
public sealed class RelayReplacementTests : RelayFixture
{
    [Fact]
    public async Task When_the_session_with_the_relay_is_lost_what_it_carried_ends_and_can_be_made_again()
    {
        await StartAsync();
        var there = await ConnectAsync(A, C);
        var before = A.Node.FindPeer("b").SessionId;

        Network.Cut("a", "b").ShouldBe(1);
        (await DriveAsync(DownAsync(A, there))).Reason.ShouldBe(EndReason.RelayLost);
        await DriveAsync(ComesBackAsync(A, B));

        A.Node.FindPeer("b").SessionId.ShouldNotBe(before);
        (await ConnectAsync(A, C)).ShouldNotBeSameAs(there);
    }

    /// <summary>To the relay the asker was never gone: it comes back by another way and takes its own place, within one incarnation.</summary>
    [Fact]
    public async Task When_the_asker_takes_its_own_place_at_the_relay_both_ends_know_and_meet_again()
    {
        await StartAsync();
        var (there, back) = (await ConnectAsync(A, C), await DriveAsync(C.PeerAsync("a")));

        await LoseAsync(A, B);
        (await DriveAsync(DownAsync(A, there))).Reason.ShouldBe(EndReason.RelayLost);
        C.Events.Of<PeerDownEvent>().ShouldBeEmpty();   // nobody has told it yet
        await ReturnAsync(A, B);

        await DriveAsync(B.Events.FirstAsync<PeerChangedEvent>(e => e.Peer.Name == A.Node.Self.Name));
        B.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        (await DriveAsync(DownAsync(C, back))).Reason.ShouldBe(EndReason.RelayLost);
        await ShouldMeetAgainAsync();
    }

    /// <summary>The same from the other side: to the asker the relay was never gone.</summary>
    [Fact]
    public async Task When_the_relay_takes_its_own_place_at_the_asker_both_ends_know_and_meet_again()
    {
        await StartAsync();
        var (there, back) = (await ConnectAsync(A, C), await DriveAsync(C.PeerAsync("a")));

        await LoseAsync(B, A);
        (await DriveAsync(DownAsync(C, back))).Reason.ShouldBe(EndReason.RelayLost);
        A.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        await ReturnAsync(B, A);

        (await DriveAsync(DownAsync(A, there))).Reason.ShouldBe(EndReason.RelayLost);
        A.Events.Of<PeerDownEvent>().ShouldHaveSingleItem();   // of the relay only the session has changed
        await ShouldMeetAgainAsync();
    }

    [Fact]
    public async Task When_both_ends_are_lost_at_once_the_relay_keeps_nothing_of_them()
    {
        await StartAsync();
        var (there, back) = (await ConnectAsync(A, C), await DriveAsync(C.PeerAsync("a")));

        Network.CutAll("b").ShouldBe(2);

        await NodeGroup.UntilAsync(() => B.Node.Core.Relay!.Totals.Streams == 0, "the relay to be done");
        (await DriveAsync(DownAsync(A, there))).Reason.ShouldBe(EndReason.RelayLost);
        (await DriveAsync(DownAsync(C, back))).Reason.ShouldBe(EndReason.RelayLost);
        foreach (var end in new[] { A, C })
            await DriveAsync(Task.WhenAll(ComesBackAsync(end, B), ComesBackAsync(B, end)));
        await ShouldMeetAgainAsync();
    }

    /// <summary>
    /// Only <paramref name="loser"/> knows that its session with <paramref name="other"/> is over: the network says nothing any more between the two.
    /// </summary>
    private async Task LoseAsync(LiveNode loser, LiveNode other)
    {
        Network.Partition([loser.Name], [other.Name]);
        var session = loser.Node.FindPeer(other.Name).Session;
        session.Link.Abort();
        await DriveAsync(loser.Events.FirstAsync<PeerDownEvent>(e => e.Peer.Name == other.Node.Self.Name));
    }

    /// <summary>Dials from a machine that the network does not cut off, as the node that it still is.</summary>
    private async Task ReturnAsync(LiveNode node, LiveNode other)
    {
        var core = node.Node.Core;
        var machine = Network.Join($"{node.Name}-elsewhere");
        var link = await DriveAsync(machine.DialAsync(other.Address, core.Setup.Credentials.Current, CancellationToken.None).AsTask());
        await DriveAsync(ByHand.ProveAsync(node, link, new DirectWay(other.Address), demanded: null));
        await DriveAsync(node.PeerAsync(other.Name));
    }

    private static Task<PeerUpEvent> ComesBackAsync(LiveNode node, LiveNode peer) =>
        node.Events.FirstAsync<PeerUpEvent>(e => e.Peer.Name == peer.Node.Self.Name, skip: 1);

    private async Task ShouldMeetAgainAsync()
    {
        var peer = await ConnectAsync(A, C);
        await DriveAsync(peer.PingAsync());
        var relay = B.Node.Core.Relay!;
        await NodeGroup.UntilAsync(() => relay.Totals.Streams == 1, "nothing of the former session to be left");
        relay.Pairs.ShouldHaveSingleItem();
    }
}
