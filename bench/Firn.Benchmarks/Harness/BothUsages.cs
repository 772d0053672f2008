namespace Firn.Benchmarks;

/// <summary>What this process and a server use.</summary>
internal sealed record BothUsages(Usage Here, Usage There)
{
    public double CpuMilliseconds => Here.CpuMilliseconds + There.CpuMilliseconds;

    public static async Task<BothUsages> MeasureAsync(ServerProcess server) =>
        new(Usage.Measure(collect: false), await server.MeasureAsync(collect: false));
}
