using System.Buffers.Binary;
using System.Net.Security;

namespace Firn.Benchmarks;

/// <summary>How a one-way load ends: its sender shuts down, and the server says how much came.</summary>
internal static class RawCount
{
    public static async Task<long> FinishAsync(SslStream tls)
    {
        await tls.ShutdownAsync();
        var count = new byte[sizeof(long)];
        await tls.ReadExactlyAsync(count);
        return BinaryPrimitives.ReadInt64BigEndian(count);
    }

    public static ValueTask AnswerAsync(SslStream tls, long count)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, count);
        return tls.WriteAsync(bytes);
    }
}
