namespace Firn.Benchmarks;

/// <summary>Calls, one at a time, on a connection that large messages saturate.</summary>
internal sealed class MixedLoad(ICallConnection connection, int senders = 1) : ILoad
{
    private readonly LargeLoad _large = new(connection, senders);
    private readonly OneCallLoad _calls = new(connection);

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        var sending = _large.SendAsync(timeUp);
        var calls = await _calls.RunAsync(timeUp);
        var sent = await sending;
        await connection.FinishAsync();
        return calls with { Bytes = sent.Bytes };
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
