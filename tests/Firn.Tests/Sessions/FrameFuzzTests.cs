using Firn.Protocol;
using Firn.Protocol.Tests;
using Firn.Protocol.Wire;
using Firn.Testing;
using Firn.Tests.Nodes;
using Google.Protobuf;
using Xunit.Abstractions;

namespace Firn.Tests.Sessions;

/// <summary>
/// Members that send frames at random, right ones and wrong ones, on streams and channels that they opened before. A session either goes on
/// or ends with ProtocolError; the node stays well.
/// </summary>
public sealed class FrameFuzzTests(ITestOutputHelper output) : NodeFixture
{
    private static int Cases => LongRun.IsOn ? 2_000 : 100;   // a node remembers no more than some thousand peers

    [Fact]
    public async Task Frames_at_random_end_no_more_than_their_session()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var (node, other) = (await StartAsync("a"), await StartAsync("b"));
        node.Node.Spawn<byte[]>("echo", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        node.Node.Spawn<int>("numbers", static async self =>
        {
            self.TrapExits = true;
            await foreach (var message in self.Messages)
            {
                // Most of what comes is no number, and is refused before.
            }
        });
        node.Node.Register<int, int>("counter", static async (self, _) => await self.ReceiveAsync());
        using var handler = node.Node.HandleStreams("echo/1", static stream => stream.CopyToAsync(stream));
        var good = await other.ConnectAsync(node);

        for (int i = 0; i < Cases; i++)
            await RunAsync(node, new Random(unchecked(seed + i)));

        (await good.Named<byte[]>("echo").CallAsync<byte[]>([1, 2, 3], EventLog.Ceiling)).ShouldBe([1, 2, 3]);
        var ends = node.Events.Of<PeerDownEvent>().Select(e => e.Reason).Distinct();
        ends.ShouldBeSubsetOf([EndReason.ProtocolError, EndReason.Goodbye]);
        await node.Events.WhenAsync(_ => node.Node.Peers.Count == 1, "all others to be gone");
        node.Node.ProcessNames.ShouldBe(["echo", "numbers"]);
    }

    private static async Task RunAsync(LiveNode node, Random random)
    {
        int before = node.Events.Of<PeerDownEvent>().Count();
        using var rogue = new Rogue($"rogue-{before}@rogue.lan");
        var link = await rogue.JoinAsync(node.Address);
        var reading = ReadAsync(link);
        try
        {
            uint channels = 0, streams = 0;
            for (int i = random.Next(200); i >= 0; i--)
                await SendAsync(link, random, ref channels, ref streams);
            await link.SendAsync((byte)FrameType.Close, new Protocol.Wire.Close { Reason = CloseReason.Goodbye }.ToByteArray());
        }
        catch (IOException)
        {
            // Cut off.
        }

        await node.Events.FirstAsync<PeerDownEvent>(skip: before);
        await link.DisposeAsync();   // the node lingers until then
        await reading;
    }

    /// <summary>A frame, mostly of what is open; one in thirty is anything at all.</summary>
    private static Task SendAsync(RogueLink link, Random random, ref uint channels, ref uint streams)
    {
        uint channel = (uint)random.Next(1, (int)channels + 2), stream = (uint)((2 * random.Next(1, (int)streams + 2)) - 1);
        switch (random.Next(30))
        {
            case 0:
                return link.SendAsync((byte)random.Next(64), Bytes(random, 40), (byte)random.Next(4), (uint)random.Next(3));
            case < 5:
                return link.SendAsync((byte)FrameType.ChannelOpen, Target(random).ToByteArray(), channel: ++channels);
            case < 8:
                return link.SendAsync((byte)FrameType.StreamOpen, [0, 0, (byte)random.Next(4), 0, .. random.Next(9) == 0 ? "none/1"u8 : "echo/1"u8], channel: (2 * ++streams) - 1);
            case < 18:
                byte flags = (byte)(random.Next(3) == 0 ? random.Next(16) : 0);
                byte[] total = (flags & FrameFlags.More) != 0 ? [0, (byte)random.Next(3), 0, 0] : [];
                byte[] call = (flags & FrameFlags.Call) != 0 ? [1, 2, 3, 4, 5, 6, 7, (byte)random.Next(256)] : [];
                return link.SendAsync((byte)FrameType.Message, [.. total, .. call, .. Bytes(random, 8000)], flags, channel);
            case < 22:
                return link.SendAsync((byte)FrameType.StreamData, Bytes(random, 8000), (byte)(random.Next(8) == 0 ? 1 : 0), stream);
            case 22:
                return link.SendAsync((byte)FrameType.StreamReset, [0, 0, 0, 0], channel: stream);
            case 23:
                return link.SendAsync((byte)FrameType.ChannelRelease, [], channel: channel);
            case 24:
                return link.SendAsync((byte)FrameType.StreamCredit, [0, 0, 0, 0, 0, (byte)random.Next(256), 0, 0], channel: stream);
            case 25:
                return link.SendAsync((byte)FrameType.Reply, [.. new byte[8], (byte)random.Next(5), 1]);
            default:
                ulong number = (ulong)random.Next(1, 5);
                IMessage signal = random.Next(4) switch
                {
                    0 => new MonitorSignal { Reference = (ulong)random.Next(1, 1000), Name = "numbers" },
                    1 => new LinkSignal { From = number, To = number + 1 },
                    2 => new ExitSignal { From = number, To = number + 1, Reason = Firn.ExitReason.Killed.ToWire(), IsLink = random.Next(2) == 0 },
                    _ => new DemonitorSignal { Reference = number },
                };
                var type = signal switch
                {
                    MonitorSignal => FrameType.Monitor,
                    LinkSignal => random.Next(2) == 0 ? FrameType.Link : FrameType.Unlink,
                    ExitSignal => FrameType.Exit,
                    _ => FrameType.Demonitor,
                };
                return link.SendAsync((byte)type, signal.ToByteArray());
        }
    }

    private static ChannelTarget Target(Random random) => random.Next(6) switch
    {
        0 => new ChannelTarget { Process = (ulong)random.NextInt64() },
        1 => new ChannelTarget { Call = (ulong)random.NextInt64() },
        2 => new ChannelTarget { Spawn = new SpawnTarget { Function = random.Next(2) == 0 ? "counter" : "unknown", LinkedTo = (ulong)random.Next(2) } },
        3 => new ChannelTarget { Name = "numbers" },
        _ => new ChannelTarget { Name = "echo" },
    };

    private static byte[] Bytes(Random random, int most)
    {
        var bytes = new byte[random.Next(most + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Takes whatever the node answers, so that it never waits for the rogue.</summary>
    private static async Task ReadAsync(RogueLink link)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await link.Stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // That is the end.
        }
    }
}
