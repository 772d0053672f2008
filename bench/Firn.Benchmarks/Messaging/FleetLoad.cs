namespace Firn.Benchmarks;

/// <summary>Several loads at once.</summary>
internal sealed class FleetLoad(ILoad[] loads) : ILoad
{
    public static async Task<ILoad> ConnectAsync(int count, Func<Task<ILoad>> connectAsync)
    {
        var loads = new ILoad[count];
        for (int i = 0; i < count; i++)
            loads[i] = await connectAsync();
        return new FleetLoad(loads);
    }

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        var works = await Task.WhenAll(loads.Select(load => Task.Run(() => load.RunAsync(timeUp))));
        return new Work(works.Sum(work => work.Operations), works.Sum(work => work.Bytes));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var load in loads)
            await load.DisposeAsync();
    }
}
