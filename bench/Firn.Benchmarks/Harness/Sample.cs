using System.Diagnostics;

namespace Firn.Benchmarks;

/// <summary>One run of one contestant.</summary>
internal sealed record Sample(Work Work, double Seconds, BothUsages Before, BothUsages After)
{
    public double OperationsPerSecond => Work.Operations / Seconds;

    public double MegabytesPerSecond => Work.Bytes / 1e6 / Seconds;

    public double CpuMicrosecondsPerOperation => 1000 * (After.CpuMilliseconds - Before.CpuMilliseconds) / Work.Operations;

    public double BytesAllocatedHere => (After.Here.AllocatedBytes - Before.Here.AllocatedBytes) / (double)Work.Operations;

    public double BytesAllocatedThere => (After.There.AllocatedBytes - Before.There.AllocatedBytes) / (double)Work.Operations;

    public static async Task<Sample> MeasureAsync(ServerProcess server, ILoad load, TimeSpan time)
    {
        var before = await BothUsages.MeasureAsync(server);
        using var timeUp = new CancellationTokenSource();
        // A thread of its own: the pool may be busy with the load.
        var timer = new Thread(() =>
        {
            Thread.Sleep(time);
            timeUp.Cancel();
        });
        timer.Start();
        long start = Stopwatch.GetTimestamp();
        var work = await Task.Run(() => load.RunAsync(timeUp.Token));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        timer.Join();
        return new Sample(work, seconds, before, await BothUsages.MeasureAsync(server));
    }
}

/// <summary>A figure that is taken from every sample.</summary>
internal sealed record Metric(string Name, string Unit, string Goal, Func<Sample, double> Of)
{
    public static Metric Rate(string goal) => new("rate", "1/s", goal, sample => sample.OperationsPerSecond);

    public static Metric Bulk(string goal) => new("bulk", "MB/s", goal, sample => sample.MegabytesPerSecond);

    public static Metric P50(string goal) => new("p50", "us", goal, sample => sample.Work.Latencies!.Percentile(0.5));

    public static Metric P99(string goal) => new("p99", "us", goal, sample => sample.Work.Latencies!.Percentile(0.99));

    /// <summary>What a message or a call costs.</summary>
    public static IEnumerable<Metric> Costs { get; } =
    [
        new("CPU of both processes for each", "us", "none", sample => sample.CpuMicrosecondsPerOperation),
        new("allocated by the sender for each", "B", "none", sample => sample.BytesAllocatedHere),
        new("allocated by the receiver for each", "B", "none", sample => sample.BytesAllocatedThere),
    ];
}
