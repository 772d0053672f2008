using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Firn.Benchmarks;

/// <summary>
/// Memory per idle session: what a process uses with N + 20 of them, less what it used with the first 20 (which bring in code and
/// tables), divided by N, each time after full collections. The acceptor is one node with N sessions; the initiators are N
/// nodes in one process, made before the first measurement, so that only their sessions count. Each kind has a pair of processes
/// of its own, since memory that a process once had is not all given back.
/// </summary>
internal static class MemoryScenario
{
    private const int First = 20;

    // By then the first pings are over, whose buffers are no longer held.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    /// <summary>Bytes per session.</summary>
    internal sealed record Costs(double Acceptor, double AcceptorHeap, double Initiator, double InitiatorHeap);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var pairs = new List<(Costs Raw, Costs Firn)>();
        for (int i = 0; i < (options.Pairs ?? 1); i++)
            pairs.Add((await MeasureElsewhereAsync("raw", options.Sessions), await MeasureElsewhereAsync("firn", options.Sessions)));

        void Add(string name, string goal, Func<Costs, double> bytes) => report.Add(Figure.Difference(
            name, "KiB", goal, pairs.Select(p => (bytes(p.Raw) / 1024, bytes(p.Firn) / 1024))));
        Add("memory per idle session, acceptor", "<= 10 KiB", c => c.Acceptor);
        Add("  of which GC heap", "none", c => c.AcceptorHeap);
        Add("memory per idle session, initiator", "<= 10 KiB", c => c.Initiator);
        Add("  of which GC heap", "none", c => c.InitiatorHeap);
    }

    /// <summary>Measures one kind, with this process as its initiators, and prints its <see cref="Costs"/>.</summary>
    public static async Task MeasureHereAsync(string kind, int sessions)
    {
        using var server = await ServerProcess.StartAsync(kind == "raw" ? "raw-frugal" : kind);
        var nodes = kind == "raw" ? [] : await FirnNodes.StartAsync(First + sessions);
        Task<object> Connect(int from, int count) =>
            kind == "raw" ? IdleSessions.RawAsync(server, count) : IdleSessions.FirnAsync(server, nodes.AsMemory(from, count));

        var first = await Connect(0, First);
        await Task.Delay(Settling);
        var (acceptor, initiator) = (await server.MeasureAsync(collect: true), Usage.Measure(collect: true));
        var rest = await Connect(First, sessions);
        await Task.Delay(Settling);
        var (acceptorThen, initiatorThen) = (await server.MeasureAsync(collect: true), Usage.Measure(collect: true));
        Console.WriteLine(JsonSerializer.Serialize(new Costs(
            (acceptorThen.ResidentBytes - acceptor.ResidentBytes) / (double)sessions,
            (acceptorThen.HeapBytes - acceptor.HeapBytes) / (double)sessions,
            (initiatorThen.ResidentBytes - initiator.ResidentBytes) / (double)sessions,
            (initiatorThen.HeapBytes - initiator.HeapBytes) / (double)sessions)));

        GC.KeepAlive((first, rest));
        await FirnNodes.DisposeAsync(nodes);
    }

    private static async Task<Costs> MeasureElsewhereAsync(string kind, int sessions)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "memory-of", kind, sessions.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true,
        })!;
        var line = await process.StandardOutput.ReadLineAsync();
        await process.WaitForExitAsync();
        return JsonSerializer.Deserialize<Costs>(line ?? throw new InvalidOperationException($"Measuring {kind} has failed."))!;
    }
}
