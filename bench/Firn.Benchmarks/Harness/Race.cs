namespace Firn.Benchmarks;

/// <summary>One who takes part in a race.</summary>
/// <param name="Name"><see cref="Figure.Raw"/>, <see cref="Figure.Firn"/>, or an alternative to both.</param>
/// <param name="ServerKind">What the server process is started as.</param>
/// <param name="ConnectAsync">Makes a connection with it for one run.</param>
internal sealed record Contestant(string Name, string ServerKind, Func<ServerProcess, Task<ILoad>> ConnectAsync);

/// <summary>Contestants under the same load, by turns, each with a server process of its own.</summary>
internal sealed record Race(string Name, IReadOnlyList<Contestant> Contestants, IReadOnlyList<Metric> Metrics)
{
    // Before each run, so that nobody pays for having been idle during the others', nor for code that is not compiled fully yet.
    private static readonly TimeSpan Untimed = TimeSpan.FromMilliseconds(700);

    /// <summary>What is compared with what; Firn with raw if null.</summary>
    public IReadOnlyList<Comparison>? Comparisons { get; init; }

    public async Task RunAsync(BenchOptions options, Report report)
    {
        var contestants = Contestants.Where(c => options.Only is null || options.Only.Split(',').Contains(c.Name)).ToArray();
        if (contestants.Length == 0)
            return;

        var servers = new List<ServerProcess>();
        try
        {
            foreach (var contestant in contestants)
                servers.Add(await ServerProcess.StartAsync(contestant.ServerKind));

            var time = TimeSpan.FromSeconds(options.Seconds ?? 2);
            var samples = await Pairs.AlternateAsync(
                options.Pairs ?? 5, [.. contestants.Select((c, i) => (Func<Task<Sample>>)(() => RunAsync(c, servers[i], time)))]);
            foreach (var metric in Metrics)
            {
                var series = contestants.Select((c, i) => new Series(c.Name, [.. samples[i].Select(metric.Of)]));
                report.Add(Figure.Ratio($"{Name}: {metric.Name}", metric.Unit, metric.Goal, [.. series], Comparisons));
            }
        }
        finally
        {
            servers.ForEach(server => server.Dispose());
        }
    }

    private static async Task<Sample> RunAsync(Contestant contestant, ServerProcess server, TimeSpan time)
    {
        await using (var load = await contestant.ConnectAsync(server))
            await Sample.MeasureAsync(server, load, Untimed);
        await using (var load = await contestant.ConnectAsync(server))
            return await Sample.MeasureAsync(server, load, time);
    }
}
