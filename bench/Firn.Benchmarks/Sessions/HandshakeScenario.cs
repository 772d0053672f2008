namespace Firn.Benchmarks;

/// <summary>
/// Sessions established per second. Raw: dial, full handshake, one byte there and back, close. Firn: dial until the session is up
/// at the initiator (which then knows that it is at the acceptor), hang up. Every session is one of another node than the session
/// before; the nodes, like the raw certificate, are made before the clock starts. Hanging up is not waited for before the next
/// dial, but before the clock stops. Nodes that never met check each other's certificate, as raw ends do each time; nodes that come
/// back have done so before.
/// </summary>
internal static class HandshakeScenario
{
    private const int Concurrent = 32;
    private const string Goal = ">= 0.9";

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        foreach (int width in (int[])[1, Concurrent])
        {
            string what = $"sessions established, {(width == 1 ? "one after another" : $"{width} at a time")}";
            await CompareAsync($"{what}, nodes that never met", Goal, "raw", areNew: true);
            await CompareAsync($"{what}, nodes that come back", Goal, "raw", areNew: false);
            await CompareAsync($"{what}, nodes that never met, certificates unchecked in raw", "none", "raw-unchecked", areNew: true);

            async Task CompareAsync(string name, string goal, string rawKind, bool areNew)
            {
                var pairs = await CompareWithAsync(rawKind, areNew, options.Count ?? 250, width, options.Pairs ?? 5);
                report.Add(Figure.Ratio(name, "1/s", goal, pairs.Select(p => (p.Raw.Rate, p.Firn.Rate))));
                report.Add(Figure.Ratio("  CPU time of both processes per session", "ms", "none", pairs.Select(p => (p.Raw.Cpu, p.Firn.Cpu))));
            }
        }
    }

    private static async Task<IReadOnlyList<(SessionSpeed Raw, SessionSpeed Firn)>> CompareWithAsync(
        string rawKind, bool areNew, int count, int width, int pairs)
    {
        using var raw = await ServerProcess.StartAsync(rawKind);
        using var firn = await ServerProcess.StartAsync("firn");
        bool isChecked = rawKind == "raw";
        Node[] nodes = [];
        var compared = await Pairs.AlternateAsync(
            pairs,
            () => SessionSpeed.MeasureAsync(raw, count, width, async _ => (await RawClient.ConnectAsync(raw.Address, isChecked)).DisposeAsync().AsTask()),
            async () =>
            {
                if (areNew || nodes.Length == 0)
                {
                    await FirnNodes.DisposeAsync(nodes);
                    nodes = await FirnNodes.StartAsync(count);
                }

                return await SessionSpeed.MeasureAsync(firn, count, width, async i => (await nodes[i].ConnectAsync(firn.Address)).HangupAsync());
            },
            Math.Max(1, WarmUp / count));
        await FirnNodes.DisposeAsync(nodes);
        return compared;
    }

    // By then the code of a handshake, which is long, is compiled for good.
    private const int WarmUp = 1_000;
}
