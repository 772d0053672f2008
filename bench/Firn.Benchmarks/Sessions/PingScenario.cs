using System.Diagnostics;

namespace Firn.Benchmarks;

/// <summary>
/// One round trip at a time, as its caller sees it. Raw: 16 bytes echoed, both ends with posted reads. Firn:
/// <see cref="Peer.PingAsync"/>, of which ping and pong are 16 bytes each.
/// </summary>
internal static class PingScenario
{
    private const int Bytes = 16;

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        int count = options.Count ?? 4000;
        using var rawServer = await ServerProcess.StartAsync("raw");
        using var firnServer = await ServerProcess.StartAsync("firn");
        await using var raw = await RawClient.ConnectAsync(rawServer.Address);
        await using var node = await FirnNodes.StartAsync("dialler");
        var peer = await node.ConnectAsync(firnServer.Address);
        var bytes = new byte[Bytes];

        // A turn begins untimed, so that neither kind pays for having been idle during the other's.
        var pairs = await Pairs.AlternateAsync(
            options.Pairs ?? 9,
            () => Task.Run(() => TimeAsync(count, () => RawClient.EchoAsync(raw, bytes))),
            () => Task.Run(() => TimeAsync(count, () => peer.PingAsync())));
        report.Add(Figure.Ratio("ping p50", "us", "<= 1.2", pairs.Select(p => (p.Raw.P50, p.Firn.P50))));
        report.Add(Figure.Ratio("ping p99", "us", "none", pairs.Select(p => (p.Raw.P99, p.Firn.P99))));
    }

    private static async Task<(double P50, double P99)> TimeAsync(int count, Func<Task> roundTrip)
    {
        for (int i = 0; i < count / 10; i++)
            await roundTrip();

        var microseconds = new double[count];
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await roundTrip();
            microseconds[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(microseconds);
        return (microseconds[count / 2], microseconds[count * 99 / 100]);
    }
}
