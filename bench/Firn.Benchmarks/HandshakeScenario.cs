using System.Diagnostics;

namespace Firn.Benchmarks;

/// <summary>
/// Sessions established per second. Raw: dial, full handshake, one byte there and back, close. Firn: dial until the session is up
/// at the initiator (which then knows that it is at the acceptor), hang up. Every session is one of another node than the session
/// before; the nodes, like the raw certificate, are made before the clock starts. They come back from pair to pair, but for the line
/// where nobody has met before. Hanging up is not waited for before the next
/// dial, but before the clock stops.
/// </summary>
internal static class HandshakeScenario
{
    private const int Concurrent = 32;

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        int count = options.Count ?? 250;
        using var raw = await ServerProcess.StartAsync("raw");
        using var taken = await ServerProcess.StartAsync("raw-unchecked");
        using var firn = await ServerProcess.StartAsync("firn");
        var nodes = await FirnNodes.StartAsync(count);
        async Task<Task> Raw(int _) => (await RawClient.ConnectAsync(raw.Address)).DisposeAsync().AsTask();
        async Task<Task> Unchecked(int _) => (await RawClient.ConnectAsync(taken.Address, isChecked: false)).DisposeAsync().AsTask();
        async Task<Task> Firn(int i) => (await nodes[i].ConnectAsync(firn.Address)).HangupAsync();

        foreach (int width in (int[])[1, Concurrent])
        {
            string how = width == 1 ? "one after another" : $"{width} at a time";
            async Task CompareAsync(string name, string goal, ServerProcess server, Func<int, Task<Task>> establish, bool isFirst = false)
            {
                var pairs = await Pairs.AlternateAsync(
                    options.Pairs ?? 5,
                    () => MeasureAsync(server, count, width, establish),
                    async () =>
                    {
                        if (isFirst)
                        {
                            await FirnNodes.DisposeAsync(nodes);
                            nodes = await FirnNodes.StartAsync(count);
                        }

                        return await MeasureAsync(firn, count, width, Firn);
                    });
                report.Add(Figure.Ratio(name, "1/s", goal, pairs.Select(p => (p.Raw.Rate, p.Firn.Rate))));
                report.Add(Figure.Ratio("  CPU time of both processes per session", "ms", "none", pairs.Select(p => (p.Raw.Cpu, p.Firn.Cpu))));
            }

            await CompareAsync($"sessions established, {how}", ">= 0.9", raw, Raw);
            await CompareAsync($"sessions established, {how}, of nodes that never met", "none", raw, Raw, isFirst: true);
            await CompareAsync($"sessions established, {how}, certificates unchecked in raw", "none", taken, Unchecked);
        }

        await FirnNodes.DisposeAsync(nodes);
    }

    /// <summary>Sessions per second and CPU milliseconds per session; <paramref name="establish"/> yields the hang-up.</summary>
    private static async Task<(double Rate, double Cpu)> MeasureAsync(ServerProcess server, int count, int width, Func<int, Task<Task>> establish)
    {
        async Task<double> Cpu() => (await server.MeasureAsync(collect: false)).CpuMilliseconds + Usage.Measure(collect: false).CpuMilliseconds;
        double before = await Cpu();
        double rate = await RateAsync(count, width, establish);
        return (rate, (await Cpu() - before) / count);
    }

    private static async Task<double> RateAsync(int count, int width, Func<int, Task<Task>> establish)
    {
        var hangups = new Task[count];
        int next = -1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, width).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                hangups[i] = await establish(i);
        })));
        await Task.WhenAll(hangups);
        return count / clock.Elapsed.TotalSeconds;
    }
}
