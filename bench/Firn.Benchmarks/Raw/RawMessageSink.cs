using System.Buffers.Binary;
using System.Net.Security;

namespace Firn.Benchmarks;

/// <summary>Parses messages and counts them, per target where there are several.</summary>
internal static class RawMessageSink
{
    private const int MaxTargets = 8;

    public static int HeaderBytes(bool isTargeted) => isTargeted ? RawFrame.HeaderBytes : sizeof(int);

    public static async Task ServeAsync(SslStream tls, bool isTargeted)
    {
        var buffer = new byte[64 * 1024];
        var counts = new long[MaxTargets];
        int held = 0;
        while (await tls.ReadAsync(buffer.AsMemory(held)) is var read and > 0)
        {
            held += read;
            int used = Parse(buffer.AsSpan(0, held), isTargeted, counts);
            buffer.AsSpan(used, held - used).CopyTo(buffer);
            held -= used;
        }

        await RawCount.AnswerAsync(tls, counts.Sum());
    }

    private static int Parse(ReadOnlySpan<byte> bytes, bool isTargeted, long[] counts)
    {
        int header = HeaderBytes(isTargeted), at = 0;
        while (bytes.Length - at >= header)
        {
            var (length, target) = isTargeted
                ? RawFrame.ReadHeader(bytes[at..])
                : (BinaryPrimitives.ReadInt32BigEndian(bytes[at..]), 0);
            if (bytes.Length - at - header < length)
                break;
            counts[target]++;
            at += header + length;
        }

        return at;
    }
}
