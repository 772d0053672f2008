using Firn.Testing;

namespace Firn.Tests.Relays;

/// <summary>Two nodes that only a third one can reach.</summary>
public sealed class RelayedSessionTests : RelayFixture
{
    [Fact]
    public async Task A_relayed_peer_is_a_peer_at_both_ends_and_says_through_whom()
    {
        await StartAsync();

        var there = await ConnectAsync(A, C);
        var back = await DriveAsync(C.PeerAsync("a"));

        (there.Via, back.Via).ShouldBe((B.Node.Self.Name, B.Node.Self.Name));
        (there.Transport, back.Transport).ShouldBe(("relay", "relay"));
        there.Address.ShouldBe(A.Node.FindPeer("b").Address);
        there.SessionId.ShouldBe(back.SessionId);
        (there.Direction, back.Direction).ShouldBe((SessionDirection.Outbound, SessionDirection.Inbound));
        A.Node.FindPeer("b").Via.ShouldBeNull();
        await DriveAsync(there.PingAsync());
    }

    [Fact]
    public async Task Streams_go_through_with_backpressure_half_closed_and_reset()
    {
        await StartAsync();
        var peer = await ConnectAsync(A, C);
        var sent = StreamTesting.Bytes(3_000_000);
        using var echo = C.Node.HandleStreams("echo", async stream =>
        {
            await stream.CopyToAsync(stream);
            stream.CompleteWrites();
        });
        using var refusing = C.Node.HandleStreams("refuse", stream =>
        {
            stream.Reset(777);
            return Task.CompletedTask;
        });

        await using var stream = await peer.OpenStreamAsync("echo");
        var writing = Task.Run(async () =>
        {
            await stream.WriteAsync(sent);
            stream.CompleteWrites();
        });
        var received = await DriveAsync(StreamTesting.ReadToEndAsync(stream));
        await DriveAsync(writing);
        received.ShouldBe(sent);

        await using var refused = await peer.OpenStreamAsync("refuse");
        var error = await Should.ThrowAsync<StreamResetException>(() => DriveAsync(refused.ReadAsync(new byte[1]).AsTask()));
        error.Code.ShouldBe(777u);
    }

    [Fact]
    public async Task The_relay_shows_whom_it_joins_and_counts_their_bytes()
    {
        await StartAsync();
        var peer = await ConnectAsync(A, C);
        using var sink = C.Node.HandleStreams("sink", stream => stream.CopyToAsync(Stream.Null));
        await using (var stream = await peer.OpenStreamAsync("sink"))
            await DriveAsync(stream.WriteAsync(new byte[1_000_000]).AsTask());

        var relay = B.Node.Core.Relay!;
        await NodeGroup.UntilAsync(() => relay.Totals.Bytes > 1_000_000, "the bytes to be counted");
        relay.Totals.Streams.ShouldBe(1);
        var pair = relay.Pairs.ShouldHaveSingleItem();
        (pair.One, pair.Other).ShouldBe((A.Node.Self.Name, C.Node.Self.Name));
        relay.Totals.Bytes.ShouldBeLessThan(1_200_000);

        await DriveAsync(peer.HangupAsync());
        await NodeGroup.UntilAsync(() => relay.Totals.Streams == 0, "the relay to be done");
        relay.Pairs.ShouldBeEmpty();
        relay.Totals.Bytes.ShouldBeGreaterThan(1_000_000);
        A.Node.Core.Relay.ShouldBeNull();
    }

    [Fact]
    public async Task A_goodbye_arrives_through_the_relay()
    {
        await StartAsync();
        await ConnectAsync(A, C);
        await DriveAsync(C.PeerAsync("a"));

        await A.DisposeAsync().AsTask().WaitAsync(EventLog.Ceiling);   // time stands still: nobody is too late to listen

        (await C.Events.FirstAsync<PeerDownEvent>(e => e.Peer.Name == A.Node.Self.Name)).Reason.ShouldBe(EndReason.Shutdown);
    }

    [Fact]
    public async Task When_the_relay_is_gone_both_ends_know_at_once_and_why()
    {
        await StartAsync();
        var (there, back) = (await ConnectAsync(A, C), await DriveAsync(C.PeerAsync("a")));

        Network.CutAll("b");

        var (downA, downC) = (await DriveAsync(DownAsync(A, there)), await DriveAsync(DownAsync(C, back)));
        (downA.Reason, downC.Reason).ShouldBe((EndReason.RelayLost, EndReason.RelayLost));
        (downA.Peer.Via, downC.Peer.Via).ShouldBe((B.Node.Self.Name, B.Node.Self.Name));
    }

    [Fact]
    public async Task When_the_relay_loses_one_end_the_other_knows_at_once()
    {
        await StartAsync();
        var there = await ConnectAsync(A, C);
        await DriveAsync(C.PeerAsync("a"));

        Network.Cut("b", "c").ShouldBe(1);

        (await DriveAsync(DownAsync(A, there))).Reason.ShouldBe(EndReason.RelayLost);
    }

    [Fact]
    public async Task A_relay_that_stops_ends_what_it_relays()
    {
        await StartAsync();
        var there = await ConnectAsync(A, C);

        await DriveAsync(B.DisposeAsync().AsTask());

        (await DriveAsync(DownAsync(A, there))).Reason.ShouldBe(EndReason.RelayLost);
    }

    [Fact]
    public async Task A_silent_path_to_the_relay_is_noticed_by_pings()
    {
        await StartAsync();
        var there = await ConnectAsync(A, C);
        await DriveAsync(C.PeerAsync("a"));
        Network.Partition(["b"], ["c"]);

        for (int second = 0; second < 62; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await DriveAsync(0.01);
        }

        (await DriveAsync(DownAsync(A, there))).Reason.ShouldBeOneOf(EndReason.Timeout, EndReason.RelayLost);
    }
}
