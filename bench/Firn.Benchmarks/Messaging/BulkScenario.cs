namespace Firn.Benchmarks;

/// <summary>Large messages, and a stream of bytes.</summary>
internal static class BulkScenario
{
    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var messages = new Race(
            "1 MiB messages",
            [
                new(Figure.Raw, "raw-calls", async server => new LargeLoad(await RawCalls.ConnectAsync(server))),
                new(Figure.Firn, "firn", async server => new LargeLoad(await FirnCalls.ConnectAsync(server))),
                new(WebSocketPeer.Name, "kestrel", async server => new LargeLoad(await WebSocketCalls.ConnectAsync(server))),
                new(Http2Calls.Name, "kestrel", async server => new LargeLoad(await Http2Calls.ConnectAsync(server), Http2Calls.Senders)),
            ],
            [Metric.Bulk(">= 0.85"), .. Metric.Costs]);
        await messages.RunAsync(options, report);

        var stream = new Race("stream", [RawStream.Contestant, FirnStreamLoad.Contestant], [Metric.Bulk(">= 0.9"), .. Metric.Costs]);
        await stream.RunAsync(options, report);
    }
}
