namespace Firn.Benchmarks;

/// <summary>Small messages one way over many connections, each with a sender and a receiver.</summary>
internal static class ScaleScenario
{
    public static async Task RunAsync(BenchOptions options, Report report)
    {
        foreach (int connections in (int[])[1, 10, 100])
        {
            var race = new Race(
                $"64-byte messages over {connections} connection{(connections == 1 ? "" : "s")}",
                [
                    new(Figure.Raw, "raw-messages", server => FleetLoad.ConnectAsync(connections, () => RawMessages.ConnectAsync(server, senders: 1))),
                    new(Figure.Firn, "firn", server => FleetLoad.ConnectAsync(connections, () => FirnMessages.ConnectAsync(server, senders: 1))),
                ],
                [Metric.Rate("none"), .. Metric.Costs]);
            await race.RunAsync(options, report);
        }
    }
}
