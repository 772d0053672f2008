using System.Text;
using Firn.Protocol;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.Relays;

/// <summary>What a relay can do to those it joins: end it, and nothing else.</summary>
public sealed class HostileRelayTests : RelayFixture
{
    private HostileRelay _relay = null!;

    [Fact]
    public async Task One_that_logs_all_holds_nothing_of_a_message_or_of_the_name_that_it_goes_to()
    {
        const string Name = "marked-name-6f1c", Text = "marked message 9d24, once and again";
        await BeginAsync();
        var log = new MemoryStream();
        _relay.Treat = (passage, chunk) =>
        {
            lock (log)
                log.Write(chunk.Bytes);
            return [(passage, chunk)];
        };
        var process = C.Node.Spawn<string>(async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body + "!");
        });
        C.Node.RegisterName(Name, process);
        var peer = await ConnectAsync(A, C);

        (await DriveAsync(peer.Named<string>(Name).CallAsync<string>(Text, TimeSpan.FromSeconds(5)).AsTask())).ShouldBe(Text + "!");

        byte[] seen;
        lock (log)
            seen = log.ToArray();
        seen.Length.ShouldBeGreaterThan(1_500);   // TLS, the handshake and the call did pass
        foreach (string mark in new[] { Name, Text, "marked", C.Node.Self.Name.ToString(), A.Node.Self.Name.ToString(), "default" })
        {
            foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode })
                seen.AsSpan().IndexOf(encoding.GetBytes(mark)).ShouldBe(-1, $"{mark} is in what the relay has seen");
        }
    }

    public static TheoryData<string, bool> Tricks
    {
        get
        {
            var all = new TheoryData<string, bool>();
            foreach (string trick in new[] { "alter", "drop", "replay", "reorder", "invent" })
            {
                all.Add(trick, true);
                all.Add(trick, false);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Tricks))]
    public async Task Who_meddles_with_a_session_ends_it_and_delivers_nothing_else_than_was_sent(string trick, bool isForth)
    {
        await BeginAsync();
        var (there, back) = (await ConnectAsync(A, C), await DriveAsync(C.PeerAsync("a")));
        var (sender, receiver, sending) = isForth ? (A, C, there) : (C, A, back);
        var received = new MemoryStream();
        using var handling = receiver.Node.HandleStreams("bulk", stream => stream.CopyToAsync(received));
        byte[] sent = StreamTesting.Bytes(200_000);
        await using var stream = await sending.OpenStreamAsync("bulk");

        _relay.Treat = Meddle(trick, isForth);
        StreamTesting.UntilOver(() => stream.WriteAsync(sent).AsTask());

        await DriveAsync(Task.WhenAll(DownAsync(A, there), DownAsync(C, back)));
        byte[] got = received.ToArray();
        got.ShouldBe(sent[..got.Length]);
        got.Length.ShouldBeLessThan(sent.Length);
        A.Node.Peers.ShouldContain(peer => peer.Name == B.Node.Self.Name);   // the relay's own sessions go on
        C.Node.Peers.ShouldContain(peer => peer.Name == B.Node.Self.Name);
    }

    [Theory]
    [MemberData(nameof(Tricks))]
    public async Task Who_meddles_with_the_beginning_lets_no_session_come_up(string trick, bool isForth)
    {
        await BeginAsync();
        _relay.Treat = Meddle(trick, isForth);

        await Should.ThrowAsync<Exception>(() => DriveFarAsync(RelayDials.DialAsync(A, C, "b")));

        A.Events.Of<PeerUpEvent>().ShouldAllBe(e => e.Peer.Name == B.Node.Self.Name);
        C.Events.Of<PeerUpEvent>().ShouldAllBe(e => e.Peer.Name == B.Node.Self.Name);
    }

    [Fact]
    public async Task Who_swaps_the_bytes_of_two_pairs_ends_both()
    {
        await BeginAsync();
        var d = await StartAsync("d", o => o.Mesh = MeshMode.None);
        await DriveAsync(d.ConnectAsync(B));
        await DriveAsync(B.PeerAsync("d"));
        var (first, second) = (await ConnectAsync(A, C), await ConnectAsync(d, C));
        _relay.Treat = (passage, chunk) => [(_relay.Passages.First(other => other != passage), chunk)];

        var pings = new[] { first.PingAsync(), second.PingAsync() };

        await DriveAsync(Task.WhenAll(DownAsync(A, first), DownAsync(d, second)));
        foreach (var ping in pings)
            (await Should.ThrowAsync<FirnException>(() => ping)).Reason.ShouldBe(FailureReason.NotConnected);
        await DriveAsync(C.WaitUntilPeersAsync(B));
    }

    [Fact]
    public async Task Who_brings_another_node_than_was_asked_for_joins_nobody()
    {
        await BeginAsync();
        var d = await StartAsync("d", o => o.Mesh = MeshMode.None);
        await DriveAsync(d.ConnectAsync(B));
        await DriveAsync(B.PeerAsync("d"));
        _relay.Choose = _ => d.Node.Self.Did;

        var error = await Should.ThrowAsync<HandshakeException>(() => DriveAsync(RelayDials.DialAsync(A, C, "b")));

        error.Failure.ShouldBe(FailureReason.WrongPeer);
        (await DriveAsync(d.Events.FirstAsync<RefusedEvent>())).Source.ShouldBe($"{A.Node.Self.Did} via {B.Node.Self.Name}");
        A.Events.Of<PeerUpEvent>().ShouldAllBe(e => e.Peer.Name == B.Node.Self.Name);
        d.Events.Of<PeerUpEvent>().ShouldAllBe(e => e.Peer.Name == B.Node.Self.Name);
    }

    /// <summary>With a leaf of its own, properly signed, and knowing the cookie: it is a peer after all.</summary>
    [Fact]
    public async Task Who_poses_as_the_other_node_is_told_nothing()
    {
        await BeginAsync();
        using var rogue = new Rogue(C.Node.Self.Name.ToString());
        byte[] told = [1];
        _relay.Pose = async stream =>
        {
            var raw = new RawConnection(stream, "victim", "relay", null, () => stream.Reset());
            await using var link = await TlsLink.AcceptAsync(raw, rogue.Leaf, CancellationToken.None);
            await link.Stream.WriteAsync(rogue.Challenge());
            told = await link.Stream.ReadUntilOverAsync();
        };

        var error = await Should.ThrowAsync<HandshakeException>(() => DriveAsync(RelayDials.DialAsync(A, C, "b")));

        error.Failure.ShouldBe(FailureReason.WrongPeer);
        await NodeGroup.UntilAsync(() => told is not [1], "the end of the link");
        HandshakeMessage.Is(told, HandshakeMessageType.Refusal).ShouldBeTrue();   // no Proof, no name, no MAC to guess at
        told.Length.ShouldBeLessThan(16);
    }

    [Fact]
    public async Task A_silent_relay_keeps_a_handshake_no_longer_than_its_deadline()
    {
        await BeginAsync();
        _relay.Treat = static (_, _) => [];

        var dialling = RelayDials.DialAsync(A, C, "b");
        await Should.ThrowAsync<Exception>(() => DriveFarAsync(dialling));

        (await DriveAsync(C.Events.FirstAsync<RefusedEvent>())).Reason.ShouldBe(FailureReason.TimedOut);
        C.Node.Core.Acceptor.Strangers.ShouldBe(0);
    }

    private async Task BeginAsync()
    {
        await StartAsync(o => (o.Relay, o.Mesh) = (false, MeshMode.None));
        _relay = new HostileRelay(B);
    }

    /// <summary>Does it once, with the first bytes that come in this direction from now on.</summary>
    private static Func<Passage, Chunk, IEnumerable<(Passage, Chunk)>> Meddle(string trick, bool isForth)
    {
        int count = 0;
        Chunk? held = null;
        return (passage, chunk) =>
        {
            if (chunk.IsForth != isForth)
                return [(passage, chunk)];

            switch (trick, Interlocked.Increment(ref count))
            {
                case ("alter", 1):
                    chunk.Bytes[chunk.Bytes.Length / 2] ^= 1;
                    return [(passage, chunk)];
                case ("drop", 1):
                    return [];
                case ("replay", 1):
                    return [(passage, chunk), (passage, chunk)];
                case ("reorder", 1):
                    held = chunk;
                    return [];
                case ("reorder", 2):
                    return [(passage, chunk), (passage, held!)];
                case ("invent", 1):
                    return [(passage, new Chunk(isForth, [0x17, 3, 3, 0, 32, .. new byte[32]])), (passage, chunk)];
                default:
                    return [(passage, chunk)];
            }
        };
    }
}
