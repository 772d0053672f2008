namespace Firn.Benchmarks;

/// <summary>
/// Calls, one at a time, while large messages saturate the same connection. Raw cuts those into frames that calls go between;
/// uncut is what a naive connection does.
/// </summary>
internal static class MixedScenario
{
    public static Task RunAsync(BenchOptions options, Report report)
    {
        var race = new Race(
            "64-byte calls beside 1 MiB messages",
            [
                new(Figure.Raw, "raw-calls", async server => new MixedLoad(await RawCalls.ConnectAsync(server, isCut: true))),
                new(Figure.Firn, "firn", async server => new MixedLoad(await FirnCalls.ConnectAsync(server))),
                new("raw uncut", "raw-calls", async server => new MixedLoad(await RawCalls.ConnectAsync(server))),
                new(Http2Calls.Name, "kestrel", async server => new MixedLoad(await Http2Calls.ConnectAsync(server), Http2Calls.Senders)),
            ],
            [Metric.P50("<= 1.5"), Metric.P99("<= 1.5"), Metric.Bulk(">= 0.9")]);
        return race.RunAsync(options, report);
    }
}
