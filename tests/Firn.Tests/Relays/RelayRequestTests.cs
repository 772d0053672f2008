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
            byte[] point = [2, .. new byte[31], (byte)i];
            await stream.WriteAsync(RelayMessages.Notice(Did.FromValidPoint(point)));
            answers.Add(await DriveAsync(RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None)));
        }

        answers.Count(status => status == RelayStatus.Ok).ShouldBe(BroughtStrangers.MaxPerRelay);
        answers[^1].ShouldBe(RelayStatus.Limit);
        (await ConnectAsync(A, C, via: (await StartRelayAsync("other")).Name)).Via!.Name.ShouldBe("other");
    }

    /// <summary>The place of a session within one incarnation, as by a crossing dial: its streams end, and with them what they carry.</summary>
    [Fact]
    public async Task When_the_relays_session_is_replaced_what_it_relayed_ends_and_can_be_made_again()
    {
        await StartAsync();
        var there = await ConnectAsync(A, C);
        var relay = A.Node.FindPeer("b");
        var before = relay.SessionId;

        Network.Cut("a", "b").ShouldBe(1);
        (await DriveAsync(A.Events.FirstAsync<PeerDownEvent>(e => e.Peer == there))).Reason.ShouldBe(EndReason.RelayLost);
        await DriveAsync(A.PeerAsync("b"));

        A.Node.FindPeer("b").SessionId.ShouldNotBe(before);
        (await ConnectAsync(A, C)).ShouldNotBeSameAs(there);
    }

    private async Task<FirnStream> AskAsync(Peer relay, Did target, RelayStatus expected)
    {
        var stream = await relay.OpenStreamAsync(RelayMessages.Asking);
        await stream.WriteAsync(RelayMessages.Request(target));
        (await DriveAsync(RelayTalk.ReceiveAnswerAsync(stream, CancellationToken.None))).ShouldBe(expected);
        return stream;
    }
}
