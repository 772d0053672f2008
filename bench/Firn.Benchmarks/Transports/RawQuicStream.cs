using System.Buffers.Binary;
using System.Net.Quic;

namespace Firn.Benchmarks;

/// <summary>Bytes one way, in writes of 64 KiB.</summary>
internal sealed class RawQuicStream(QuicConnection connection, QuicStream stream) : ILoad
{
    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        long writes = 0;
        for (; !timeUp.IsCancellationRequested; writes++)
            await stream.WriteAsync(Payloads.Chunk, CancellationToken.None);
        stream.CompleteWrites();
        var count = new byte[sizeof(long)];
        await stream.ReadExactlyAsync(count, CancellationToken.None);
        return new Work(writes, BinaryPrimitives.ReadInt64BigEndian(count));
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await connection.DisposeAsync();
    }

    /// <summary>Counts bytes until their end, and answers with the count.</summary>
    public static async Task ServeAsync(QuicStream stream)
    {
        var buffer = new byte[Payloads.Chunk.Length];
        long count = 0;
        while (await stream.ReadAsync(buffer) is var read and > 0)
            count += read;
        var answer = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(answer, count);
        await stream.WriteAsync(answer);
        stream.CompleteWrites();
    }
}
