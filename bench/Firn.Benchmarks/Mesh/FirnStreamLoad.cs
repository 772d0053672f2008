namespace Firn.Benchmarks;

/// <summary>Bytes one way over a stream, in writes of 64 KiB.</summary>
internal sealed class FirnStreamLoad(Node node, FirnStream stream) : ILoad
{
    public static Contestant Contestant { get; } = new(Figure.Firn, "firn", ConnectAsync);

    public static async Task<ILoad> ConnectAsync(ServerProcess server)
    {
        var (node, peer) = await FirnNodes.ConnectAsync(server);
        return new FirnStreamLoad(node, await peer.OpenStreamAsync(FirnServer.Stream));
    }

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        long writes = 0;
        for (; !timeUp.IsCancellationRequested; writes++)
            await stream.WriteAsync(Payloads.Chunk, CancellationToken.None);
        stream.CompleteWrites();
        var count = new byte[sizeof(long)];
        await stream.ReadExactlyAsync(count, CancellationToken.None);
        return new Work(writes, BitConverter.ToInt64(count));
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await node.DisposeAsync();
    }
}
