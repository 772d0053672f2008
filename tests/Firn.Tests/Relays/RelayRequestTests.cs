using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Relays;
using Firn.Testing;

namespace Firn.Tests.Relays;

/// <summary>Requests to relays, and to nodes that a relay brings somebody, as a peer may make them that keeps to no rule.</summary>
public sealed class RelayRequestTests : RelayFixture
{
    [Fact]
    public async Task A_node_that_was_not_told_to_relays_nothing()
    {
        await StartAsync(o => o.Relay = false);

        var error = await Should.ThrowAsync<FirnException>(() => DriveAsync(RelayDials.DialAsync(A, C, "b")));

        error.Reason.ShouldBe(FailureReason.Unsupported);
        error.Message.ShouldContain("--relay");
        A.Node.FindPeer("b").Capabilities.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_relay_says_that_it_is_one()
    {
        await StartAsync(o => o.Capabilities.Add(NodeCapability.Relay));

        A.Node.FindPeer("b").Capabilities.ShouldBe([NodeCapability.Relay]);
    }

    [Theory]
    [InlineData("firn/relay", "0000")]
    [InlineData("firn/relay", "FFFF")]
    [InlineData("firn/relayed", "0000")]
    [InlineData("firn/relayed", "0101")]
    public async Task What_is_no_request_is_said_to_be_none(string protocol, string hex)
    {
        await StartAsync();
        await using var stream = await A.Node.FindPeer("b").OpenStreamAsync(protocol);
        await stream.WriteAsync(Convert.FromHexString(hex));

        (await DriveAsync(RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None))).ShouldBe(RelayStatus.BadRequest);
        (await DriveAsync(stream.ReadAsync(new byte[1]).AsTask())).ShouldBe(0);
    }

    [Theory]
    [InlineData("firn/relay")]
    [InlineData("firn/relayed")]
    public async Task Who_asks_and_says_nothing_is_dropped_after_10_seconds(string protocol)
    {
        await StartAsync();
        await using var stream = await A.Node.FindPeer("b").OpenStreamAsync(protocol);
        await stream.WriteAsync(new byte[1]);
        var ending = stream.ReadAsync(new byte[1]).AsTask();
        await NodeGroup.UntilAsync(() => B.Node.Peers.Single(p => p.Name.Name == "a").Session.Streams.Count == 1, "the stream to arrive");

        Time.Advance(TimeSpan.FromSeconds(9));
        await DriveAsync(0.1);
        ending.IsCompleted.ShouldBeFalse();

        await Should.ThrowAsync<StreamResetException>(() => DriveAsync(ending));
        B.Node.Core.Relay!.Totals.Streams.ShouldBe(0);
    }

    [Fact]
    public async Task A_pair_gets_no_more_streams_than_it_may_have_and_gets_them_again()
    {
        await StartAsync();
        var relay = A.Node.FindPeer("b");
        var streams = new List<FirnStream>();
        for (int i = 0; i < new RelayLimits().PerPair; i++)
            streams.Add(await AskAsync(relay, C.Node.Self.Did, RelayStatus.Ok));
        B.Node.Core.Relay!.Pairs.ShouldHaveSingleItem();

        await AskAsync(relay, C.Node.Self.Did, RelayStatus.Limit);
        await AskAsync(relay, A.Node.Self.Did, RelayStatus.NoSuchPeer);
        await AskAsync(relay, B.Node.Self.Did, RelayStatus.NoSuchPeer);
        await AskAsync(relay, Invented(1), RelayStatus.NoSuchPeer);

        streams[0].Reset();
        await NodeGroup.UntilAsync(() => B.Node.Core.Relay!.Totals.Streams < streams.Count, "the stream to be over");
        await NodeGroup.UntilAsync(() => C.Node.Core.Acceptor.Strangers < streams.Count, "its handshake to be over");
        await AskAsync(relay, C.Node.Self.Did, RelayStatus.Ok);
    }

    /// <summary>A relay that says it brings ever new nodes.</summary>
    [Fact]
    public async Task A_node_serves_no_more_of_what_one_relay_brings_than_half_of_its_handshakes()
    {
        await StartAsync();
        var victim = B.Node.FindPeer("c");
        var answers = new List<RelayStatus>();
        for (int i = 0; i < BroughtStrangers.MaxPerRelay + 2; i++)
        {
            var stream = await victim.OpenStreamAsync(RelayMessages.Bringing);
            await stream.WriteAsync(RelayMessages.Notice(Invented(i)));
            answers.Add(await DriveAsync(RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None)));
        }

        answers.Count(status => status == RelayStatus.Ok).ShouldBe(BroughtStrangers.MaxPerRelay);
        answers[^1].ShouldBe(RelayStatus.Limit);
        (await ConnectAsync(A, C, via: (await StartRelayAsync("other")).Name)).Via!.Name.ShouldBe("other");
    }

    /// <summary>One hop is all there is, whatever a chain of relays would like.</summary>
    [Theory]
    [InlineData("firn/relay")]
    [InlineData("firn/relayed")]
    public async Task On_a_session_that_is_itself_relayed_nobody_is_joined(string protocol)
    {
        await StartAsync(change: o => o.Relay = true);
        var peer = await ConnectAsync(A, C);
        await using var stream = await peer.OpenStreamAsync(protocol);
        await stream.WriteAsync(RelayMessages.Request(B.Node.Self.Did));   // a notice looks the same

        (await DriveAsync(RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None))).ShouldBe(RelayStatus.NotAllowed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_that_says_nothing_or_knows_nothing_of_it_is_unwilling_and_no_stream_is_left(bool isSilent)
    {
        await StartAsync();
        C.Node.Core.Arrivals.Dispose();
        if (isSilent)
            C.Node.Core.StreamHandlers.Add(RelayMessages.Bringing, stream => stream.CopyToAsync(Stream.Null));

        var error = await Should.ThrowAsync<FirnException>(() => DriveAsync(RelayDials.DialAsync(A, C, "b")));

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("did not answer or take part");
        await ShouldHaveNoStreamsAsync(A, "b");
        await ShouldHaveNoStreamsAsync(B, "c");
        B.Node.Core.Relay!.Pairs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_no_longer_waits_for_a_relay_that_is_silent_leaves_no_stream()
    {
        await StartAsync(o => o.Relay = false);
        B.Node.Core.StreamHandlers.Add(RelayMessages.Asking, stream => stream.CopyToAsync(Stream.Null));
        using var patience = new CancellationTokenSource();
        var asking = RelayDialer.AskAsync(A.Node.FindPeer("b"), C.Node.Self.Did, patience.Token);
        await NodeGroup.UntilAsync(() => B.Node.FindPeer("a").Session.Streams.Count == 1, "the stream to arrive");

        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => asking);
        await ShouldHaveNoStreamsAsync(A, "b");
        await ShouldHaveNoStreamsAsync(B, "a");
    }

    /// <summary>Its session is over, and the relay is about to learn it.</summary>
    [Fact]
    public async Task A_target_that_leaves_at_this_moment_is_no_peer()
    {
        using var log = new HoldingLog("Session ", "ended");
        await StartAsync(o => o.LoggerFactory = log);
        var relay = A.Node.FindPeer("b");
        Network.Cut("b", "c").ShouldBe(1);
        await log.Held.WaitAsync(EventLog.Ceiling);
        B.Node.Peers.ShouldContain(peer => peer.Name == C.Node.Self.Name);

        await using var stream = await relay.OpenStreamAsync(RelayMessages.Asking);
        await stream.WriteAsync(RelayMessages.Request(C.Node.Self.Did));
        (await RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None).WaitAsync(EventLog.Ceiling)).ShouldBe(RelayStatus.NoSuchPeer);
    }

    /// <summary>Who grants nothing to be answered with holds a place until the deadline, and no longer.</summary>
    [Fact]
    public async Task Who_brings_strangers_and_takes_no_answer_gets_their_places_back()
    {
        await StartAsync();
        using var rogue = new Rogue();
        var dialled = await Network.Join("rogue").DialAsync(C.Address, rogue.Leaf, CancellationToken.None);
        await using var link = rogue.Begin(dialled);
        await link.JoinAsync();
        uint id = 1;
        for (; id < 2 * BroughtStrangers.MaxPerAsker; id += 2)
            await BringAsync(link, id, window: 0);
        await NodeGroup.UntilAsync(() => Served() == BroughtStrangers.MaxPerAsker, "the streams to arrive");

        await DriveAsync(10.1);
        await NodeGroup.UntilAsync(() => Served() == 0, "the streams to be over");
        await BringAsync(link, id, window: 1000);

        (await link.ReceiveUntilAsync(FrameType.StreamData)).ShouldBe(RelayMessages.Answer(RelayStatus.Ok));

        int Served() => C.Node.FindPeer("rogue").Session.Streams.Count;
    }

    private static async Task BringAsync(RogueLink link, uint id, uint window)
    {
        var opening = new byte[StreamOpening.MaxLength];
        int length = StreamOpening.Write(opening, window, RelayMessages.Bringing);
        await link.SendAsync((byte)FrameType.StreamOpen, opening[..length], channel: id);
        await link.SendAsync((byte)FrameType.StreamData, RelayMessages.Notice(Invented(1)), channel: id);
    }

    private static Task ShouldHaveNoStreamsAsync(LiveNode node, string peer) =>
        NodeGroup.UntilAsync(() => node.Node.FindPeer(peer).Session.Streams.Count == 0, $"{node.Name} to have no stream with {peer}");

    private async Task<FirnStream> AskAsync(Peer relay, Did target, RelayStatus expected)
    {
        var stream = await relay.OpenStreamAsync(RelayMessages.Asking);
        await stream.WriteAsync(RelayMessages.Request(target));
        (await DriveAsync(RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None))).ShouldBe(expected);
        return stream;
    }
}
