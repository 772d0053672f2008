namespace Firn.Benchmarks;

/// <summary>Small messages one way, process to process.</summary>
internal static class MessagesScenario
{
    public static async Task RunAsync(BenchOptions options, Report report)
    {
        foreach (int width in (int[])[1, 8])
        {
            var race = new Race(
                $"64-byte messages, {width} to {width}",
                [RawMessages.Contestant(width), FirnMessages.Contestant(width), WebSocketMessages.Contestant(width)],
                [Metric.Rate(">= 0.4"), .. Metric.Costs]);
            await race.RunAsync(options, report);
        }
    }
}
