using Firn.Streams;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Streams;

/// <summary>Windows that follow a connection of 80 MB/s (4 MiB in 50 ms) and 100 ms there and back, on virtual time.</summary>
public class StreamWindowTests() : VirtualNodeFixture(4 << 20)
{
    private volatile bool _isMemoryShort;
    private long _received;

    [Fact]
    public async Task A_window_grows_to_bandwidth_times_delay()
    {
        await using var pair = await PourAsync();
        await DriveAsync(NodeGroup.UntilAsync(() => pair.There.Received.Window >= 8 << 20, "a window of 8 MiB"));

        // A fixed window brings 256 KiB in 100 ms.
        long before = Interlocked.Read(ref _received);
        await DriveAsync(1);
        (Interlocked.Read(ref _received) - before).ShouldBeGreaterThan(2 * 10 * 256 * 1024);
        pair.Here.Reset();
    }

    [Fact]
    public async Task A_window_shrinks_to_its_floor_while_memory_is_short()
    {
        await using var pair = await PourAsync();
        await DriveAsync(NodeGroup.UntilAsync(() => pair.There.Received.Window >= 1 << 20, "a window of 1 MiB"));
        _isMemoryShort = true;
        await DriveAsync(NodeGroup.UntilAsync(() => pair.There.Received.Window == StreamInput.Floor, "a window of the floor"));

        long before = Interlocked.Read(ref _received);
        await DriveAsync(NodeGroup.UntilAsync(() => Interlocked.Read(ref _received) > before, "the stream to go on"));
        _isMemoryShort = false;
        await DriveAsync(NodeGroup.UntilAsync(() => pair.There.Received.Window >= 1 << 20, "a window of 1 MiB again"));
        pair.Here.Reset();
    }

    private async Task<StreamPair> PourAsync()
    {
        Network.Latency = static (_, _) => TimeSpan.FromMilliseconds(50);
        var (a, b) = await PairAsync(null, options => options.IsMemoryShort = () => _isMemoryShort);
        var pair = await DriveAsync(StreamPair.OpenAsync(a.Node.Peers.Single(), b));
        StreamTesting.UntilOver(async () =>
        {
            var chunk = new byte[100_000];
            while (true)
                await pair.Here.WriteAsync(chunk);
        });
        StreamTesting.UntilOver(async () =>
        {
            var buffer = new byte[100_000];
            while (true)
                Interlocked.Add(ref _received, await pair.There.ReadAsync(buffer));
        });
        return pair;
    }
}

/// <summary>Streams that share a slow connection: 64 KiB in 5 ms.</summary>
public class StreamFairnessTests() : VirtualNodeFixture(64 * 1024)
{
    private static readonly int[] Chunks = [100, 1_000, 3_000, 10_000, 16_376, 20_000, 100_000, 1_000_000];

    [Fact]
    public async Task Streams_are_served_fairly_by_bytes_whatever_their_writes_are()
    {
        Network.Latency = static (_, _) => TimeSpan.FromMilliseconds(5);
        var (a, b) = await PairAsync();
        var received = new long[Chunks.Length];
        b.Node.HandleStreams("share/1", async stream =>
        {
            var buffer = new byte[64 * 1024];
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 1));
            int index = buffer[0];
            while (await stream.ReadAsync(buffer) is > 0 and var read)
                Interlocked.Add(ref received[index], read);
        });

        var streams = new List<FirnStream>();
        for (int i = 0; i < Chunks.Length; i++)
        {
            var stream = await DriveAsync(a.Node.Peers.Single().OpenStreamAsync("share/1"));
            await DriveAsync(stream.WriteAsync(new[] { (byte)i }).AsTask());
            streams.Add(stream);
        }

        for (int i = 0; i < Chunks.Length; i++)
        {
            var (stream, chunk) = (streams[i], new byte[Chunks[i]]);
            StreamTesting.UntilOver(async () =>
            {
                while (true)
                    await stream.WriteAsync(chunk);
            });
        }

        await DriveAsync(NodeGroup.UntilAsync(() => received.Min() > 0, "all streams to flow"));
        var before = received.ToArray();
        await DriveAsync(NodeGroup.UntilAsync(() => received.Sum() - before.Sum() > 16 << 20, "16 MiB"));
        var shares = received.Zip(before, (now, then) => now - then).ToArray();
        streams.ForEach(stream => stream.Reset());
        double mean = shares.Average();
        foreach (long share in shares)
            (share / mean).ShouldBeInRange(0.75, 1.25, $"shares of writes of {string.Join(", ", Chunks)} bytes: {string.Join(", ", shares)}");
    }
}
