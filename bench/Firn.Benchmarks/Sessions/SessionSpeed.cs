using System.Diagnostics;

namespace Firn.Benchmarks;

/// <summary>How quickly sessions are established.</summary>
/// <param name="Rate">Sessions per second.</param>
/// <param name="Cpu">CPU milliseconds of both processes per session.</param>
internal readonly record struct SessionSpeed(double Rate, double Cpu)
{
    /// <param name="server">The other end.</param>
    /// <param name="count">How many sessions.</param>
    /// <param name="width">How many at a time.</param>
    /// <param name="establish">Establishes one, and yields its hang-up.</param>
    public static async Task<SessionSpeed> MeasureAsync(ServerProcess server, int count, int width, Func<int, Task<Task>> establish)
    {
        var before = await BothUsages.MeasureAsync(server);
        double rate = await RateAsync(count, width, establish);
        return new SessionSpeed(rate, ((await BothUsages.MeasureAsync(server)).CpuMilliseconds - before.CpuMilliseconds) / count);
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
