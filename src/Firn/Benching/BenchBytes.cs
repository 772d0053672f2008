using System.Buffers;
using System.Diagnostics;

namespace Firn.Benching;

/// <summary>The bytes of a bench's streams, whichever end sends them.</summary>
internal static class BenchBytes
{
    /// <summary>Writes for as long as was ordered, then says the end.</summary>
    public static async Task SendAsync(FirnStream stream, BenchOrder order, CancellationToken cancellationToken)
    {
        var piece = new byte[order.Size];
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < order.Time)
            await stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        stream.CompleteWrites();
    }

    /// <summary>Reads exactly that many bytes.</summary>
    /// <exception cref="EndOfStreamException">There were fewer.</exception>
    public static async Task<byte[]> ReadAsync(FirnStream stream, int length, CancellationToken cancellationToken)
    {
        var result = await stream.Input.ReadAtLeastAsync(length, cancellationToken).ConfigureAwait(false);
        if (result.Buffer.Length < length)
            throw new EndOfStreamException($"{stream.Peer} ended the stream early.");

        var taken = result.Buffer.Slice(0, length);
        var bytes = taken.ToArray();
        stream.Input.AdvanceTo(taken.End);
        return bytes;
    }

    /// <summary>Reads to the end; returns how much that was.</summary>
    public static async Task<long> ReceiveAsync(FirnStream stream, CancellationToken cancellationToken)
    {
        long total = 0;
        while (true)
        {
            var result = await stream.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            total += result.Buffer.Length;
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return total;
        }
    }
}
