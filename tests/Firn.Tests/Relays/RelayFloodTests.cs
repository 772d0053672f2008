using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Relays;
using Firn.Testing;

namespace Firn.Tests.Relays;

/// <summary>Whoever takes all of a relay that it can get keeps nobody else out. Time stands still, so that nothing of it ends by a deadline.</summary>
public sealed class RelayFloodTests : RelayFixture
{
    /// <summary>What one end of a session may have open; then it waits.</summary>
    private const int Streams = 1024;

    [Fact]
    public async Task A_peer_that_asks_for_all_it_can_get_keeps_no_other_pair_apart_and_no_member_out()
    {
        await StartAsync();
        var (d, e) = (await StartAsync("d", NoMesh), await StartAsync("e", NoMesh));
        await DriveAsync(Task.WhenAll(d.ConnectAsync(B), B.PeerAsync("d")));
        var relay = A.Node.FindPeer("b");
        var flood = new List<FirnStream>();

        // All its requests, for both of those that the relay knows; each granted one is a stranger at its target that says nothing.
        var answers = new List<RelayStatus>();
        for (int i = 0; i < new RelayLimits().RequestBurst + 8; i++)
        {
            var stream = await relay.OpenStreamAsync(RelayMessages.Asking);
            flood.Add(stream);
            await stream.WriteAsync(RelayMessages.Request((i % 2 == 0 ? C : d).Node.Self.Did));
            answers.Add(await RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None).WaitAsync(EventLog.Ceiling));
        }

        int granted = answers.Count(static answer => answer == RelayStatus.Ok);
        granted.ShouldBe(2 * BroughtStrangers.MaxPerAsker);
        answers[^1].ShouldBe(RelayStatus.Busy);
        foreach (var refused in flood.Where((_, i) => answers[i] != RelayStatus.Ok).ToList())
            await refused.DisposeAsync();

        // And as many as there can be on which it asks for nobody.
        while (flood.Count < Streams)
            flood.Add(await relay.OpenStreamAsync(RelayMessages.Asking).WaitAsync(EventLog.Ceiling));
        var served = B.Node.Peers.Single(peer => peer.Name == A.Node.Self.Name).Session.Streams;
        await NodeGroup.UntilAsync(() => served.Count > Streams / 2, "the streams to arrive");

        await RelayDials.DialAsync(d, C, "b").WaitAsync(EventLog.Ceiling);
        (await d.PeerAsync("c")).Via.ShouldBe(B.Node.Self.Name);
        await e.ConnectAsync(C);
        await C.WaitUntilPeersAsync(B, d, e);
        (await d.Node.FindPeer("c").PingAsync().WaitAsync(EventLog.Ceiling)).ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
        B.Node.Core.Relay!.Totals.Streams.ShouldBe(granted + 1);   // the flood is still there
        B.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    /// <summary>Two relays can take all slots of those that are brought, and none of those of others.</summary>
    [Fact]
    public async Task Relays_that_bring_ever_new_strangers_keep_out_nobody_who_comes_straight()
    {
        await StartAsync();
        foreach (var relay in new[] { B, await StartRelayAsync("other") })
        {
            var victim = relay.Node.FindPeer("c");
            for (int i = 0; i < BroughtStrangers.MaxPerRelay; i++)
            {
                var stream = await victim.OpenStreamAsync(RelayMessages.Bringing);
                await stream.WriteAsync(RelayMessages.Notice(Invented(i)));
                (await RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None).WaitAsync(EventLog.Ceiling)).ShouldBe(RelayStatus.Ok);
            }
        }

        await NodeGroup.UntilAsync(() => C.Node.Core.Acceptor.Strangers == new StrangerLimits().InProgress, "the strangers to be at the door");
        var member = await StartAsync("member", NoMesh);

        await member.ConnectAsync(C);

        C.Node.Core.Acceptor.Strangers.ShouldBe(new StrangerLimits().InProgress);
    }

    private static void NoMesh(NodeOptions options) => options.Mesh = MeshMode.None;
}
