using System.Diagnostics;

namespace Firn.Benchmarks;

/// <summary>Calls, one at a time and each timed.</summary>
internal sealed class OneCallLoad(ICallConnection connection) : ILoad
{
    private readonly Latencies _latencies = new();

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        while (!timeUp.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            await connection.CallAsync(0);
            _latencies.Add(Stopwatch.GetElapsedTime(start));
        }

        return new Work(_latencies.Count, Latencies: _latencies);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}

/// <summary>Calls of many callers, of whom each makes the next when the last was answered.</summary>
internal sealed class ManyCallsLoad(ICallConnection connection, int callers) : ILoad
{
    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(caller, timeUp))));
        return new Work(counts.Sum());
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<long> CallAsync(int caller, CancellationToken timeUp)
    {
        long count = 0;
        for (; !timeUp.IsCancellationRequested; count++)
            await connection.CallAsync(caller);
        return count;
    }
}
