using System.Net;
using System.Net.Sockets;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Sessions;
using Firn.Testing;
using Firn.Tests.Nodes;
using Google.Protobuf;

namespace Firn.Tests.Sessions;

/// <summary>Peers who have proved themselves and then misbehave.</summary>
public sealed class BadPeerTests : NodeFixture
{
    [Theory]
    [InlineData(9, 3, 0, 0, "frame type 9 is unknown")]
    [InlineData((byte)FrameType.Ping, 8, 0, 5, "expected channel 0, found 5")]
    [InlineData((byte)FrameType.Ping, 8, 1, 0, "expected no flags")]
    [InlineData((byte)FrameType.Ping, 7, 0, 0, "expected 8 bytes, found 7")]
    [InlineData((byte)FrameType.Pong, 9, 0, 0, "expected 8 bytes, found 9")]
    [InlineData((byte)FrameType.Records, 60_000, 0, 0, "60000 bytes is over the limit")]
    [InlineData((byte)FrameType.Describe, 100, 0, 0, "")]
    [InlineData((byte)FrameType.Describe, 5_000, 0, 0, "more than 4096")]
    [InlineData((byte)FrameType.Records, 100, 0, 0, "malformed Records")]
    [InlineData((byte)FrameType.Close, 100, 0, 0, "malformed Close")]
    public async Task A_malformed_frame_ends_the_session_and_nothing_else(byte type, int length, byte flags, uint channel, string why)
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        var good = await b.ConnectAsync(a);
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(a.Address);
        await a.PeerAsync("rogue");
        var garbage = Enumerable.Repeat((byte)0xff, length).ToArray();

        await link.SendAsync(type, garbage, flags, channel);
        await link.SendAsync((byte)FrameType.Ping, new byte[8]);   // what follows it is not read any more, and spoils no goodbye

        var close = Protocol.Wire.Close.Parser.ParseFrom(await link.ReceiveUntilAsync(FrameType.Close));
        close.Reason.ShouldBe(CloseReason.ProtocolError);
        close.Detail.ShouldContain(why);
        var down = await a.Events.FirstAsync<PeerDownEvent>();
        (down.Peer.Name.Name, down.Reason).ShouldBe(("rogue", EndReason.ProtocolError));
        (await good.PingAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
        a.Node.Peers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Unknown_frames_that_may_be_skipped_are_skipped()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(a.Address);

        await link.SendAsync(0x85, new byte[1000], flags: 0x40, channel: 77);
        await link.SendAsync((byte)FrameType.Ping, [1, 2, 3, 4, 5, 6, 7, 8]);

        (await link.ReceiveUntilAsync(FrameType.Pong)).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    public static TheoryData<byte, byte[], int> Provocations => new()
    {
        { (byte)FrameType.Ping, new byte[8], SessionWriter.MaxQueued },
        { (byte)FrameType.Monitor, new MonitorSignal { Reference = 1, Process = ulong.MaxValue }.ToByteArray(), SessionWriter.MaxMessages + SessionWriter.MaxQueued },
        { (byte)FrameType.Link, new LinkSignal { From = 1, To = ulong.MaxValue }.ToByteArray(), SessionWriter.MaxMessages + SessionWriter.MaxQueued },
        { (byte)FrameType.Unlink, new LinkSignal { From = 1, To = ulong.MaxValue }.ToByteArray(), SessionWriter.MaxMessages + SessionWriter.MaxQueued },
    };

    [Theory]
    [MemberData(nameof(Provocations))]
    public async Task A_peer_that_makes_the_node_answer_and_reads_nothing_is_cut_off_within_its_limit(byte type, byte[] payload, int limit)
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(a.Address);
        var session = (await a.PeerAsync("rogue")).Session;
        var frame = new byte[FrameHeader.Size + payload.Length];
        FrameHeader.Control((FrameType)type, payload.Length).Write(frame);
        payload.CopyTo(frame, FrameHeader.Size);
        byte[] frames = [.. Enumerable.Repeat(frame, 1_000).SelectMany(bytes => bytes)];

        int most = 0;
        try
        {
            using var ceiling = new CancellationTokenSource(EventLog.Ceiling);
            while (!session.IsEnded)
            {
                await link.Stream.WriteAsync(frames, ceiling.Token);
                most = Math.Max(most, session.QueuedBytes);
            }
        }
        catch (IOException)
        {
            // Cut off.
        }

        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.ProtocolError);
        most.ShouldBeLessThanOrEqualTo(limit + FrameHeader.Size + 64);   // beside the goodbye, which is short
        await session.Completion.WaitAsync(EventLog.Ceiling);   // it does not linger on what nobody reads
    }

    [Fact]
    public async Task A_flood_of_descriptions_is_cut_off()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(a.Address);
        byte[] description = PeerDescriptionCodec.Encode(new PeerDescription { Capabilities = ["exit"] });

        for (int i = 0; i < 34; i++)
            await link.SendAsync((byte)FrameType.Describe, description);

        var close = Protocol.Wire.Close.Parser.ParseFrom(await link.ReceiveUntilAsync(FrameType.Close));
        close.Detail.ShouldContain("describes itself");
        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.ProtocolError);
        a.Events.Of<PeerChangedEvent>().Count().ShouldBeLessThanOrEqualTo(33);
    }

    [Fact]
    public async Task A_flood_of_records_is_cut_off()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(a.Address);
        byte[] nothing = new PeerRecords().ToByteArray();

        try
        {
            for (int i = 0; i < 600; i++)
                await link.SendAsync((byte)FrameType.Records, nothing);
        }
        catch (IOException)
        {
            // Cut off already.
        }

        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.ProtocolError);
    }

    [Fact]
    public async Task A_record_that_its_subject_has_not_signed_is_neither_dialled_nor_passed_on()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        using var victim = new Rogue("victim@victim.lan");
        using var honest = new Rogue("honest@honest.lan");
        using var hearer = new Rogue("hearer@hearer.lan");
        await using var link = await rogue.JoinAsync(a.Address);
        await using var heard = await hearer.JoinAsync(a.Address);
        using var trap = Refusing(out var lure);
        using var door = Refusing(out var home);
        var forged = RecordOf(victim, lure);
        forged.Signature = ByteString.CopyFrom(new byte[64]);
        var genuine = RecordOf(honest, home);

        await link.SendAsync((byte)FrameType.Records, new PeerRecords { Records = { forged } }.ToByteArray());
        await link.SendAsync((byte)FrameType.Ping, new byte[8]);
        await link.ReceiveUntilAsync(FrameType.Pong);   // it has been looked at
        await link.SendAsync((byte)FrameType.Records, new PeerRecords { Records = { genuine } }.ToByteArray());

        var told = new List<SignedPeerRecord>();
        while (!told.Contains(genuine))
            told.AddRange(PeerRecords.Parser.ParseFrom(await heard.ReceiveUntilAsync(FrameType.Records)).Records);
        told.ShouldNotContain(forged);
        await a.Events.FirstAsync<DialFailedEvent>(e => e.Address == home);
        a.Events.Of<DialFailedEvent>().ShouldAllBe(e => e.Address == home);
    }

    [Fact]
    public async Task A_peer_cannot_make_itself_look_nearer_than_it_is()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(a.Address);
        var peer = await a.PeerAsync("rogue");
        byte[] asked = await link.ReceiveUntilAsync(FrameType.Ping);
        var first = peer.Rtt;   // the handshake's

        for (byte i = 0; i < 100; i++)
            await link.SendAsync((byte)FrameType.Pong, [i, 0, 0, 0, 0, 0, 0, 0]);   // before anything was asked, or guessed
        await link.SendAsync((byte)FrameType.Ping, new byte[8]);
        await link.ReceiveUntilAsync(FrameType.Pong);
        peer.Rtt.ShouldBe(first);

        await link.SendAsync((byte)FrameType.Pong, asked);
        await NodeGroup.UntilAsync(() => peer.Rtt != first, "the true pong to count");
        var rtt = peer.Rtt;
        await link.SendAsync((byte)FrameType.Pong, asked);   // once
        await link.SendAsync((byte)FrameType.Ping, new byte[8]);
        await link.ReceiveUntilAsync(FrameType.Pong);
        peer.Rtt.ShouldBe(rtt);
    }

    [Fact]
    public async Task Bytes_after_a_goodbye_bring_nothing_back()
    {
        var a = await StartAsync("a");
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(a.Address);
        await a.PeerAsync("rogue");

        await link.SendAsync((byte)FrameType.Close, new Protocol.Wire.Close { Reason = CloseReason.Goodbye, Detail = "\u001b[31mred" }.ToByteArray());
        try
        {
            await link.SendAsync((byte)FrameType.Describe, PeerDescriptionCodec.Encode(new PeerDescription { Capabilities = ["late"] }));
        }
        catch (IOException)
        {
            // Hung up already.
        }

        var down = await a.Events.FirstAsync<PeerDownEvent>();
        down.Reason.ShouldBe(EndReason.Goodbye);
        down.Peer.Capabilities.ShouldBeEmpty();
        a.Events.Of<PeerChangedEvent>().ShouldBeEmpty();
    }

    private static SignedPeerRecord RecordOf(Rogue subject, NodeAddress address) => SignedPeerRecord.Parser.ParseFrom(
        Firn.Protocol.PeerRecord.Sign(subject.Identity, subject.Context.Name, 1, DateTimeOffset.UtcNow.AddHours(1), [address]));

    /// <summary>A port where nobody listens, nor will while the socket lives.</summary>
    private static Socket Refusing(out NodeAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        address = NodeAddress.Create("tcp", "127.0.0.1", ((IPEndPoint)socket.LocalEndPoint!).Port);
        return socket;
    }
}
