namespace Firn.Benchmarks;

/// <summary>64-byte messages one way, each sender to a process of its own, over one session.</summary>
internal sealed class FirnMessages(Node node, Pid<ReadOnlyMemory<byte>>[] targets) : ILoad
{
    public static Contestant Contestant(int senders) => new(Figure.Firn, "firn", server => ConnectAsync(server, senders));

    public static async Task<ILoad> ConnectAsync(ServerProcess server, int senders)
    {
        var (node, peer) = await FirnNodes.ConnectAsync(server);
        var targets = new Pid<ReadOnlyMemory<byte>>[senders];
        for (int i = 0; i < senders; i++)
            targets[i] = await peer.SpawnAsync<ReadOnlyMemory<byte>, int>(FirnServer.Sink, 0);
        return new FirnMessages(node, targets);
    }

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        await Task.WhenAll(targets.Select(target => Task.Run(() => SendAsync(target, timeUp))));
        var counts = await Task.WhenAll(targets.Select(target => target.CallAsync<long>(default, FirnNodes.Patience).AsTask()));
        return new Work(counts.Sum());
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    private static async Task SendAsync(Pid<ReadOnlyMemory<byte>> target, CancellationToken timeUp)
    {
        while (!timeUp.IsCancellationRequested)
            await target.SendAsync(Payloads.Small, CancellationToken.None);
    }
}
