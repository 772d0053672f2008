namespace Firn.Benchmarks;

/// <summary>
/// Calls, of one caller and of many. Raw resumes the one caller where its reply was read, and the many on the pool, where none
/// can hold up the others; inline shows what that costs.
/// </summary>
internal static class CallsScenario
{
    private const int Callers = 64;

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var one = new Race(
            "64-byte calls, one at a time",
            [
                new(Figure.Raw, "raw-calls", async server => new OneCallLoad(await RawCalls.ConnectAsync(server))),
                new(Figure.Firn, "firn", async server => new OneCallLoad(await FirnCalls.ConnectAsync(server))),
                new(WebSocketPeer.Name, "kestrel", async server => new OneCallLoad(await WebSocketCalls.ConnectAsync(server))),
                new(Http2Calls.Name, "kestrel", async server => new OneCallLoad(await Http2Calls.ConnectAsync(server))),
            ],
            [Metric.P50("<= 1.3"), Metric.P99("none"), .. Metric.Costs]);
        await one.RunAsync(options, report);

        var many = new Race(
            $"64-byte calls, {Callers} callers",
            [
                RawOfMany(Figure.Raw, isPooled: true),
                RawOfMany("raw inline", isPooled: false),
                new(Figure.Firn, "firn", async server => new ManyCallsLoad(await FirnCalls.ConnectAsync(server), Callers)),
                new(Http2Calls.Name, "kestrel", async server => new ManyCallsLoad(await Http2Calls.ConnectAsync(server), Callers)),
            ],
            [Metric.Rate(">= 0.4"), .. Metric.Costs]);
        await many.RunAsync(options, report);
    }

    private static Contestant RawOfMany(string name, bool isPooled) => new(
        name, "raw-calls", async server => new ManyCallsLoad(await RawCalls.ConnectAsync(server, Callers, isPooled), Callers));
}
