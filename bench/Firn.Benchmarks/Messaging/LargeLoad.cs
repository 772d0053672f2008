namespace Firn.Benchmarks;

/// <summary>Large messages.</summary>
/// <param name="connection">What is loaded.</param>
/// <param name="senders">How many send, each one message at a time.</param>
internal sealed class LargeLoad(ICallConnection connection, int senders = 1) : ILoad
{
    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        var sent = await SendAsync(timeUp);
        await connection.FinishAsync();
        return sent;
    }

    /// <summary>Sends until the time is up, and says what was sent.</summary>
    public async Task<Work> SendAsync(CancellationToken timeUp)
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, senders).Select(_ => Task.Run(() => SendOneByOneAsync(timeUp))));
        return new Work(counts.Sum(), counts.Sum() * Payloads.Large.Length);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<long> SendOneByOneAsync(CancellationToken timeUp)
    {
        long count = 0;
        for (; !timeUp.IsCancellationRequested; count++)
            await connection.SendLargeAsync();
        return count;
    }
}
