namespace Firn.Benchmarks;

/// <summary>Something to measure.</summary>
internal sealed record Scenario(string Name, string Summary, Func<BenchOptions, Report, Task> RunAsync)
{
    /// <summary>All of them, in the order in which they run.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("handshakes", "sessions established per second, one after another and 32 at a time", HandshakeScenario.RunAsync),
        new("memory", "memory per idle session, at either end", MemoryScenario.RunAsync),
        new("idle", "CPU time of a node that holds idle sessions", IdleScenario.RunAsync),
        new("discovery", "CPU time of discovery at rest, with 99 others on the link", DiscoveryScenario.RunAsync),
        new("ping", "PingAsync against a raw echo of as many bytes", PingScenario.RunAsync),
        new("messages", "64-byte messages one way, from 1 sender to 1 receiver and from 8 to 8", MessagesScenario.RunAsync),
        new("calls", "64-byte calls, one at a time and of 64 callers", CallsScenario.RunAsync),
        new("bulk", "1 MiB messages, and a stream", BulkScenario.RunAsync),
        new("mixed", "64-byte calls while 1 MiB messages saturate their connection", MixedScenario.RunAsync),
        new("transports", "messages, streams, calls and sessions over each transport, against TCP", TransportsScenario.RunAsync),
        new("scale", "64-byte messages over 1, 10 and 100 connections", ScaleScenario.RunAsync),
    ];
}
