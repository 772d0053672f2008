using System.Buffers.Binary;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Testing;
using Firn.Tests.Nodes;
using Google.Protobuf;

namespace Firn.Tests.Sessions;

/// <summary>Every wrong frame of streams, messages and signals, sent by a member: its session ends with a reason, and nothing else does.</summary>
public sealed class WrongFrameTests : NodeFixture
{
    private readonly TaskCompletionSource _over = new();   // which stalls whoever serves streams

    private static readonly byte[] ToDeaf = new ChannelTarget { Name = "deaf" }.ToByteArray();

    private static readonly Dictionary<string, Func<RogueLink, Task>> Wrongs = new()
    {
        ["a message on channel 5, which was never opened"] = link => Send(link, FrameType.Message, [1], channel: 5),
        ["channel 1 was opened, which is not the next"] = link => OpenThen(link, l => Send(l, FrameType.ChannelOpen, ToDeaf, channel: 1)),
        ["channel 1 was opened to no target"] = link => Send(link, FrameType.ChannelOpen, [], channel: 1),
        ["more than 1024 channels were opened"] = link => Many(1025, i => Send(link, FrameType.ChannelOpen, ToDeaf, channel: (uint)i)),
        ["more than was granted on channel 1"] = link => OpenThen(link, l => Many(3, _ => Send(l, FrameType.Message, new byte[16_000], channel: 1))),
        ["more than was granted on channel 1, whose target is gone"] = async link =>
        {
            await Send(link, FrameType.ChannelOpen, new ChannelTarget { Process = 77 }.ToByteArray(), channel: 1);
            await Many(3, _ => Send(link, FrameType.Message, new byte[16_000], channel: 1));
        },
        ["the abort of no message on channel 1"] = link => OpenThen(link, l => Send(l, FrameType.Message, [], FrameFlags.Abort, 1)),
        ["the abort of a message with a body on channel 1"] = link => BeginThen(link, l => Send(l, FrameType.Message, [1], FrameFlags.Abort, 1)),
        ["a malformed message on channel 1"] = link => OpenThen(link, l => Send(l, FrameType.Message, [1, 2, 3], FrameFlags.Call, 1)),
        ["a malformed message on channel 2"] = async link =>
        {
            await Open(link);
            await Send(link, FrameType.ChannelOpen, ToDeaf, channel: 2);
            await Send(link, FrameType.Message, [.. UInt32(17 << 20), 1], FrameFlags.More, 2);
        },
        ["a part of a message on channel 1 that does not fit to its beginning"] = link => BeginThen(link, l => Send(l, FrameType.Message, [1], 0, 1)),
        ["channel 1 was released in the middle of a message"] = link => BeginThen(link, l => Send(l, FrameType.ChannelRelease, [], channel: 1)),
        ["channel 9 was released, which was never opened"] = link => Send(link, FrameType.ChannelRelease, [], channel: 9),
        ["a grant on channel 9, which was never opened"] = link => Send(link, FrameType.ChannelCredit, UInt64(1 << 20), channel: 9),
        ["channel 9 was closed, which was never opened"] = link => Send(link, FrameType.ChannelClosed, [], channel: 9),
        ["a reply with status 9"] = link => Send(link, FrameType.Reply, [.. UInt64(1), 9]),
        ["stream 2 was opened, which is not the next"] = link => Send(link, FrameType.StreamOpen, [.. UInt32(0), .. "sink/1"u8], channel: 2),
        ["stream 1 was opened, which is not the next"] = link => StreamThen(link, l => Send(l, FrameType.StreamOpen, [.. UInt32(0), .. "sink/1"u8], channel: 1)),
        ["a stream was opened without the name of a protocol"] = link => Send(link, FrameType.StreamOpen, [.. UInt32(0), .. "a b"u8], channel: 1),
        ["more than 1024 streams were opened"] = link => Many(1025, i => Send(link, FrameType.StreamOpen, [.. UInt32(0), .. "sink/1"u8], channel: (uint)((2 * i) - 1))),
        ["a StreamData frame on stream 7, which was never opened"] = link => Send(link, FrameType.StreamData, [1], channel: 7),
        ["an empty frame on stream 1"] = link => StreamThen(link, l => Send(l, FrameType.StreamData, [], channel: 1)),
        ["more than was granted on stream 1"] = link => StreamThen(link, l => Many(20, _ => Send(l, FrameType.StreamData, new byte[16_000], channel: 1))),
        ["or something after its end"] = link => StreamThen(link, l => Many(2, _ => Send(l, FrameType.StreamData, [1], FrameFlags.End, 1))),
        ["a grant on stream 1 that takes back an earlier one"] = link => StreamThen(link, async l =>
        {
            await Send(l, FrameType.StreamCredit, UInt64(1 << 20), channel: 1);
            await Send(l, FrameType.StreamCredit, UInt64(1 << 19), channel: 1);
        }),
        ["a monitor without a reference"] = link => Send(link, FrameType.Monitor, new MonitorSignal { Name = "deaf" }.ToByteArray()),
        ["a link without a process"] = link => Send(link, FrameType.Link, new LinkSignal { From = 1 }.ToByteArray()),
        ["an exit without a process"] = link => Send(link, FrameType.Exit, []),
        ["more monitors and links than a session holds"] = link => Many(65_537, i =>
            Send(link, FrameType.Monitor, new MonitorSignal { Reference = (ulong)i, Name = "deaf" }.ToByteArray())),
    };

    private static readonly FrameType[] Protobufs =
    [
        FrameType.ChannelOpen, FrameType.ChannelClosed, FrameType.Monitor, FrameType.Demonitor, FrameType.Down, FrameType.Link, FrameType.Unlink,
        FrameType.UnlinkAck, FrameType.Exit,
    ];

    [Fact]
    public async Task Each_wrong_frame_ends_its_session_with_the_reason_and_nothing_else()
    {
        var (node, good) = await StartAsync();
        foreach (var (why, wrong) in Wrongs)
            await ShouldEndAsync(node, wrong, why);
        foreach (var type in Protobufs)
            await ShouldEndAsync(node, link => Send(link, type, [0xff, 0xff, 0xff], channel: type < FrameType.Monitor ? 1u : 0), $"malformed {type}");
        await ShouldBeWellAsync(node, good);
    }

    [Fact]
    public async Task What_is_late_or_guessed_reaches_nothing_and_does_no_harm()
    {
        var (node, good) = await StartAsync();
        using var rogue = new Rogue();
        await using var link = await rogue.JoinAsync(node.Address);
        ulong guess = 0x0123456789abcdef;

        await Send(link, FrameType.Reply, [.. UInt64(77), 0, 1, 2]);
        await Send(link, FrameType.Demonitor, new DemonitorSignal { Reference = 7 }.ToByteArray());
        await Send(link, FrameType.Down, new DownSignal { Reference = 7 }.ToByteArray());
        await Send(link, FrameType.UnlinkAck, new LinkSignal { From = 1, To = guess }.ToByteArray());
        await Send(link, FrameType.Unlink, new LinkSignal { From = 1, To = guess }.ToByteArray());
        (await link.ReceiveUntilAsync(FrameType.UnlinkAck)).ShouldNotBeEmpty();
        await Send(link, FrameType.Exit, new ExitSignal { From = 1, To = guess, Reason = Firn.ExitReason.Killed.ToWire() }.ToByteArray());
        await Send(link, FrameType.Monitor, new MonitorSignal { Reference = 8, Process = guess }.ToByteArray());
        DownSignal.Parser.ParseFrom(await link.ReceiveUntilAsync(FrameType.Down)).Reason.Kind.ShouldBe(Protocol.Wire.ExitKind.NoProcess);
        await Send(link, FrameType.Link, new LinkSignal { From = 1, To = guess }.ToByteArray());
        ExitSignal.Parser.ParseFrom(await link.ReceiveUntilAsync(FrameType.Exit)).Reason.Kind.ShouldBe(Protocol.Wire.ExitKind.NoProcess);
        await Send(link, FrameType.ChannelOpen, new ChannelTarget { Process = guess }.ToByteArray(), channel: 3);
        Protocol.Wire.ExitReason.Parser.ParseFrom(await link.ReceiveUntilAsync(FrameType.ChannelClosed)).Kind.ShouldBe(Protocol.Wire.ExitKind.NoProcess);
        await Send(link, FrameType.Message, [.. UInt64(9), 1], FrameFlags.Call, 3);
        (await link.ReceiveUntilAsync(FrameType.Reply))[8].ShouldBe((byte)ReplyStatus.NoProcess);
        await Send(link, FrameType.ChannelOpen, new ChannelTarget { Spawn = new SpawnTarget { Function = "unknown" } }.ToByteArray(), channel: 4);
        await Send(link, FrameType.Message, [.. UInt64(10), .. "1"u8], FrameFlags.Call, 4);
        (await link.ReceiveUntilAsync(FrameType.Reply))[8].ShouldBe((byte)ReplyStatus.NotRegistered);
        await Send(link, FrameType.ChannelOpen, new ChannelTarget { Spawn = new SpawnTarget { Function = "counter" } }.ToByteArray(), channel: 5);
        await Send(link, FrameType.Message, [.. UInt64(11), .. "\"text\""u8], FrameFlags.Call, 5);
        (await link.ReceiveUntilAsync(FrameType.Reply))[8].ShouldBe((byte)ReplyStatus.BadMessage);

        await Send(link, FrameType.Ping, new byte[8]);
        await link.ReceiveUntilAsync(FrameType.Pong);
        await ShouldBeWellAsync(node, good, peers: 2);
    }

    private async Task<(LiveNode Node, Peer Good)> StartAsync()
    {
        var (node, other) = (await StartAsync("a"), await StartAsync("b"));
        node.Node.Spawn<byte[]>("deaf", static self => Task.Delay(Timeout.Infinite, self.Exiting));
        node.Node.Spawn<int>("double", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(2 * message.Body);
        });
        node.Node.Register<int, int>("counter", static (self, _) => Task.CompletedTask);
        node.Node.HandleStreams("sink/1", _ => _over.Task);
        return (node, await other.ConnectAsync(node));
    }

    private static async Task ShouldEndAsync(LiveNode node, Func<RogueLink, Task> wrong, string why)
    {
        int before = node.Events.Of<PeerDownEvent>().Count();
        using var rogue = new Rogue($"rogue-{before}@rogue.lan");
        await using var link = await rogue.JoinAsync(node.Address);
        var reading = link.ReceiveUntilAsync(FrameType.Close);
        try
        {
            await wrong(link);
        }
        catch (IOException)
        {
            // Cut off already.
        }

        var close = Protocol.Wire.Close.Parser.ParseFrom(await reading);
        (close.Reason, close.Detail).ShouldSatisfyAllConditions(
            c => c.Reason.ShouldBe(CloseReason.ProtocolError, why), c => c.Detail.ShouldContain(why));
        var down = await node.Events.FirstAsync<PeerDownEvent>(skip: before);
        (down.Peer.Name, down.Reason).ShouldBe((rogue.Context.Name, EndReason.ProtocolError), why);
    }

    private static async Task ShouldBeWellAsync(LiveNode node, Peer good, int peers = 1)
    {
        (await good.Named<int>("double").CallAsync<int>(21)).ShouldBe(42);
        await node.Events.WhenAsync(_ => node.Node.Peers.Count == peers, "the others to be gone");
        node.Node.ProcessNames.ShouldBe(["deaf", "double"]);
    }

    private static Task Open(RogueLink link) => Send(link, FrameType.ChannelOpen, ToDeaf, channel: 1);

    private static async Task OpenThen(RogueLink link, Func<RogueLink, Task> then)
    {
        await Open(link);
        await then(link);
    }

    private static Task BeginThen(RogueLink link, Func<RogueLink, Task> then) => OpenThen(link, async l =>
    {
        await Send(l, FrameType.Message, [.. UInt32(100_000), .. new byte[10]], FrameFlags.More, 1);
        await then(l);
    });

    private static async Task StreamThen(RogueLink link, Func<RogueLink, Task> then)
    {
        await Send(link, FrameType.StreamOpen, [.. UInt32(0), .. "sink/1"u8], channel: 1);
        await then(link);
    }

    private static async Task Many(int count, Func<int, Task> one)
    {
        for (int i = 1; i <= count; i++)
            await one(i);
    }

    private static Task Send(RogueLink link, FrameType type, byte[] payload, byte flags = 0, uint channel = 0) =>
        link.SendAsync((byte)type, payload, flags, channel);

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt64(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
