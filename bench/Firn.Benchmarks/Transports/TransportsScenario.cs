using Firn.Transports;

namespace Firn.Benchmarks;

/// <summary>
/// The same work over every transport, against TCP. Raw QUIC, which is <c>QuicConnection</c> with one stream, does it beside Firn's QUIC:
/// as raw TLS does in the other scenarios, with the same certificates.
/// </summary>
internal static class TransportsScenario
{
    public static async Task RunAsync(BenchOptions options, Report report)
    {
        foreach (var way in Way.All.Where(way => way.Missing is not null))
            report.LeaveOut(way.Name, way.Missing!);

        var ways = Way.All.Where(way => way.Missing is null).ToArray();
        IReadOnlyList<Comparison> comparisons = [.. ways.Skip(1).Select(way => new Comparison(way.Name, Way.Tcp)), new(Way.Quic, RawQuic.Name)];

        await RaceAsync("1 MiB messages", server => CallsAsync(server, calls => new LargeLoad(calls)), RawQuic.Messages, Metric.Bulk("none"));
        await RaceAsync("stream", FirnStreamLoad.ConnectAsync, RawQuic.Stream, Metric.Bulk("none"));
        await RaceAsync("64-byte calls, one at a time", server => CallsAsync(server, calls => new OneCallLoad(calls)), RawQuic.Calls, Metric.P50("none"));
        await SessionsAsync(ways, comparisons, options, report);

        Task RaceAsync(string name, Func<ServerProcess, Task<ILoad>> connect, Contestant raw, Metric metric)
        {
            var contestants = ways.Select(way => new Contestant(way.Name, way.ServerKind, connect));
            var race = new Race(name, [.. contestants, .. QuicSupport.IsThere ? (Contestant[])[raw] : []], [metric, .. Metric.Costs]) { Comparisons = comparisons };
            return race.RunAsync(options, report);
        }
    }

    private static async Task<ILoad> CallsAsync(ServerProcess server, Func<ICallConnection, ILoad> load) =>
        load(await FirnCalls.ConnectAsync(server));

    /// <summary>As in <see cref="HandshakeScenario"/>, one after another and by nodes that have met the other end before.</summary>
    private static async Task SessionsAsync(IReadOnlyList<Way> all, IReadOnlyList<Comparison> comparisons, BenchOptions options, Report report)
    {
        var ways = all.Where(way => options.Only is null || options.Only.Split(',').Contains(way.Name)).ToArray();
        bool hasRaw = QuicSupport.IsThere && options.Only?.Split(',').Contains(RawQuic.Name) != false;
        int count = options.Count ?? 100;
        var nodes = new List<Node[]>();
        var servers = new List<ServerProcess>();
        try
        {
            foreach (string kind in ways.Select(way => way.ServerKind).Concat(hasRaw ? [RawQuic.Calls.ServerKind] : []))
                servers.Add(await ServerProcess.StartAsync(kind));
            for (int i = 0; i < ways.Length; i++)
                nodes.Add(await StartAsync(servers[i]));
            var runs = ways.Select((_, i) => (Func<Task<SessionSpeed>>)(() => SessionSpeed.MeasureAsync(
                servers[i], count, width: 1, async n => (await nodes[i][n].ConnectAsync(servers[i].DialledAt)).HangupAsync()))).ToList();
            if (hasRaw)
                runs.Add(() => SessionSpeed.MeasureAsync(servers[^1], count, width: 1, async _ => (await RawQuic.ConnectAsync(servers[^1].Address)).Connection.DisposeAsync().AsTask()));

            var speeds = await Pairs.AlternateAsync(options.Pairs ?? 5, runs, warmUps: 3);
            string[] names = [.. ways.Select(way => way.Name), .. hasRaw ? (string[])[RawQuic.Name] : []];
            Series[] Of(Func<SessionSpeed, double> value) => [.. names.Select((name, i) => new Series(name, [.. speeds[i].Select(value)]))];
            report.Add(Figure.Ratio("sessions established, one after another", "1/s", "none", Of(speed => speed.Rate), comparisons));
            report.Add(Figure.Ratio("  CPU time of both processes per session", "ms", "none", Of(speed => speed.Cpu), comparisons));
        }
        finally
        {
            servers.ForEach(server => server.Dispose());
            await FirnNodes.DisposeAsync(nodes.SelectMany(some => some));
        }

        async Task<Node[]> StartAsync(ServerProcess server)
        {
            var some = new Node[count];
            await Parallel.ForAsync(0, count, async (n, _) => some[n] = await FirnNodes.StartForAsync(server));
            return some;
        }
    }
}
