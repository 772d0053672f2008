namespace Firn.Benchmarks;

/// <summary>
/// CPU time of a node that holds idle sessions, in percent of one core, and of a raw server that holds as many idle
/// connections and has nothing to do for them.
/// </summary>
internal static class IdleScenario
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var window = TimeSpan.FromSeconds(options.Seconds ?? 5);
        var pairs = new List<(double Raw, double Firn)>();
        for (int i = 0; i < (options.Pairs ?? 1); i++)
        {
            using var rawServer = await ServerProcess.StartAsync("raw-frugal");
            using var firnServer = await ServerProcess.StartAsync("firn", options.Interval);
            var connections = await IdleSessions.RawAsync(rawServer, options.Sessions);
            var nodes = await FirnNodes.StartAsync(options.Sessions, options.Interval);
            await IdleSessions.FirnAsync(firnServer, nodes);
            await Task.Delay(Settling);

            pairs.Add((await PercentAsync(rawServer, window), await PercentAsync(firnServer, window)));
            GC.KeepAlive(connections);
            await FirnNodes.DisposeAsync(nodes);
        }

        report.Add(Figure.Difference(
            $"CPU of a node with {options.Sessions} idle sessions, pinging every {options.Interval} ms", "% of a core", "<= 10", pairs));
    }

    /// <summary>CPU time over <paramref name="window"/>, in percent of one core, of the process that <paramref name="measure"/> measures.</summary>
    public static async Task<double> PercentAsync(Func<Task<Usage>> measure, TimeSpan window)
    {
        double before = (await measure()).CpuMilliseconds;
        await Task.Delay(window);
        return 100 * ((await measure()).CpuMilliseconds - before) / window.TotalMilliseconds;
    }

    private static Task<double> PercentAsync(ServerProcess server, TimeSpan window) => PercentAsync(() => server.MeasureAsync(collect: false), window);
}
