using Firn.Protocol;
using Firn.Sessions;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Sessions;

public sealed class PingTests : NodeFixture
{
    [Fact]
    public async Task A_ping_that_is_cancelled_leaves_its_place_to_others()
    {
        var a = await StartAsync("a");
        using var mute = new Rogue();
        await using var link = await mute.JoinAsync(a.Address);   // never answers
        var peer = await a.PeerAsync("rogue");

        for (int i = 0; i < 2 * PingTable.MaxPending; i++)
        {
            using var cancel = new CancellationTokenSource();
            var ping = peer.PingAsync(cancel.Token);
            await cancel.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => ping);
        }
    }

    [Fact]
    public async Task No_more_than_64_pings_wait_and_all_fail_with_their_session()
    {
        var a = await StartAsync("a");
        using var mute = new Rogue();
        await using var link = await mute.JoinAsync(a.Address);
        var peer = await a.PeerAsync("rogue");
        var pings = Enumerable.Range(0, PingTable.MaxPending).Select(_ => peer.PingAsync()).ToList();

        (await Should.ThrowAsync<FirnException>(() => peer.PingAsync())).Reason.ShouldBe(FailureReason.Busy);
        pings.ShouldAllBe(ping => !ping.IsCompleted);
        link.Link.Abort();

        foreach (var ping in pings)
            (await Should.ThrowAsync<FirnException>(() => ping.WaitAsync(EventLog.Ceiling))).Reason.ShouldBe(FailureReason.NotConnected);
        (await Should.ThrowAsync<FirnException>(() => peer.PingAsync())).Reason.ShouldBe(FailureReason.NotConnected);
    }

    [Fact]
    public async Task Answers_in_any_order_find_their_pings()
    {
        var a = await StartAsync("a");
        using var slow = new Rogue();
        await using var link = await slow.JoinAsync(a.Address);
        var peer = await a.PeerAsync("rogue");
        await link.ReceiveUntilAsync(FrameType.Ping);   // the node's own
        var (first, second) = (peer.PingAsync(), peer.PingAsync());
        var nonces = new[] { await link.ReceiveUntilAsync(FrameType.Ping), await link.ReceiveUntilAsync(FrameType.Ping) };

        await link.SendAsync((byte)FrameType.Pong, nonces[1]);
        await second.WaitAsync(EventLog.Ceiling);
        first.IsCompleted.ShouldBeFalse();
        await link.SendAsync((byte)FrameType.Pong, nonces[0]);

        (await first.WaitAsync(EventLog.Ceiling)).ShouldBeGreaterThan(TimeSpan.Zero);
    }
}
