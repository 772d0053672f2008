using System.Net.Security;

namespace Firn.Benchmarks;

/// <summary>Bytes one way, in writes of 64 KiB.</summary>
internal sealed class RawStream(SslStream tls) : ILoad
{
    public static Contestant Contestant { get; } = new(
        Figure.Raw, "raw-stream", async server => new RawStream(await RawClient.ConnectAsync(server.Address)));

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        long writes = 0;
        for (; !timeUp.IsCancellationRequested; writes++)
            await tls.WriteAsync(Payloads.Chunk, CancellationToken.None);
        return new Work(writes, await RawCount.FinishAsync(tls));
    }

    public ValueTask DisposeAsync() => tls.DisposeAsync();
}

/// <summary>Reads bytes into 64 KiB and counts them.</summary>
internal static class RawStreamSink
{
    public static async Task ServeAsync(SslStream tls)
    {
        var buffer = new byte[Payloads.Chunk.Length];
        long count = 0;
        while (await tls.ReadAsync(buffer) is var read and > 0)
            count += read;
        await RawCount.AnswerAsync(tls, count);
    }
}
