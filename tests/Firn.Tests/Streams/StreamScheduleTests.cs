using Firn.Protocol.Tests;
using Firn.Streams;
using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Two ends do at random what may be done to a stream; what arrives is a beginning of what was written, and all of it after an end.</summary>
public class StreamScheduleTests : StreamFixture
{
    private static readonly int Rounds = LongRun.IsOn ? 400 : 12;

    [Fact]
    public async Task Whatever_both_ends_do_no_byte_is_wrong_and_none_is_missing_before_an_end()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var (alpha, beta, peer) = await ConnectAsync(options => options.MaxSentPayload = random.Next(2) == 0 ? 700 : 16_376);
        for (int round = 0; round < Rounds; round++)
        {
            string what = $"seed {seed}, round {round}";
            var seeds = Enumerable.Range(0, 12).Select(_ => random.Next()).ToArray();
            await Task.WhenAll(seeds.Select(async one =>
            {
                await using var pair = await StreamPair.OpenAsync(peer, beta);
                var (there, back) = (new Direction(), new Direction());
                await Task.WhenAll(
                    WriteAsync(pair.Here, there, new Random(one)), ReadAsync(pair.Here, back, new Random(one + 1), what),
                    WriteAsync(pair.There, back, new Random(one + 2)), ReadAsync(pair.There, there, new Random(one + 3), what)).Within();
                foreach (var direction in (Direction[])[there, back])
                {
                    if (direction.HasSeenEnd)
                        direction.Read.ShouldBe(direction.Ended ?? -1, what);
                    if (direction.Failure is StreamResetException)
                        (there.Breaks || back.Breaks).ShouldBeTrue($"{what}: {direction.Failure}");
                    else
                        direction.Failure.ShouldBeNull(what);
                }
            }));
            peer.IsConnected.ShouldBeTrue(what);
        }

        StreamTable[] tables = [peer.Session.Streams, beta.Node.Peers.Single().Session.Streams];
        await NodeGroup.UntilAsync(() => tables.All(t => t is { Count: 0, Taken: 0 }), $"nothing to be left, seed {seed}");
        alpha.Node.Peers.Count.ShouldBe(1);
    }

    private static async Task WriteAsync(FirnStream stream, Direction direction, Random random)
    {
        try
        {
            while (true)
            {
                switch (random.Next(60))
                {
                    case 0:
                        stream.CompleteWrites();
                        direction.Ended = direction.Written;
                        return;
                    case 1:
                        await stream.Output.CompleteAsync();
                        direction.Ended = direction.Written;
                        return;
                    case 2 when random.Next(3) == 0:
                        direction.Breaks = true;
                        stream.Reset(300);
                        return;
                    case 3 when random.Next(2) == 0:
                        direction.Breaks = true;
                        direction.Ended = direction.Written;
                        await stream.DisposeAsync();
                        return;
                    case < 10:
                        await WriteOrCancelAsync(stream, direction, random);
                        break;
                    case < 20:
                        direction.Fill(stream.Output, random.Next(3_000));
                        await stream.Output.FlushAsync();
                        break;
                    default:
                        await stream.WriteAsync(direction.Next(random.Next(random.Next(5) == 0 ? 100_000 : 2_000)));
                        break;
                }
            }
        }
        catch (Exception e) when (e is StreamResetException or ObjectDisposedException)
        {
            // The other end, or the reader of this one, is done with it.
        }
    }

    private static async Task WriteOrCancelAsync(FirnStream stream, Direction direction, Random random)
    {
        using var cancellation = new CancellationTokenSource();
        var data = direction.Next(random.Next(300_000));
        var writing = stream.WriteAsync(data, cancellation.Token).AsTask();
        for (int i = random.Next(20); i > 0; i--)
            await Task.Yield();
        direction.MayBreak = true;
        await cancellation.CancelAsync();
        try
        {
            await writing;
        }
        catch (OperationCanceledException)
        {
            direction.Unwrite(data.Length);
        }
    }

    private static async Task ReadAsync(FirnStream stream, Direction direction, Random random, string what)
    {
        var buffer = new byte[50_000];
        try
        {
            while (true)
            {
                if (random.Next(200) == 0)
                {
                    direction.Breaks = true;
                    await stream.Input.CompleteAsync();
                    return;
                }

                for (int i = random.Next(3); i > 0; i--)
                    await Task.Yield();
                var part = buffer.AsMemory(0, random.Next(1, buffer.Length));
                int read = await stream.ReadAsync(part);
                if (read == 0)
                {
                    direction.HasSeenEnd = true;
                    return;
                }

                direction.Check(part.Span[..read], what);
            }
        }
        catch (ObjectDisposedException)
        {
            // The writer of this end has disposed of it.
        }
        catch (Exception e)
        {
            direction.Failure = e;
        }
    }

    /// <summary>What one end writes and the other reads: each byte follows from its place.</summary>
    private sealed class Direction
    {
        public long Written { get; private set; }

        public long Read { get; private set; }

        public long? Ended { get; set; }

        public bool HasSeenEnd { get; set; }

        /// <summary>Whether somebody did what resets the stream.</summary>
        public bool Breaks { get => field || MayBreak; set; }

        public bool MayBreak { get; set; }

        public Exception? Failure { get; set; }

        public byte[] Next(int length)
        {
            var bytes = new byte[length];
            for (int i = 0; i < length; i++)
                bytes[i] = At(Written + i);
            Written += length;
            return bytes;
        }

        public void Fill(System.IO.Pipelines.PipeWriter writer, int length) => System.Buffers.BuffersExtensions.Write(writer, Next(length));

        public void Unwrite(int length) => Written -= length;

        public void Check(ReadOnlySpan<byte> bytes, string what)
        {
            foreach (byte b in bytes)
            {
                if (b != At(Read++))
                    throw new InvalidDataException($"{what}: byte {Read - 1} is wrong");
            }
        }

        private static byte At(long place) => (byte)((place * 31) ^ (place >> 8) ^ (place >> 16));
    }
}
