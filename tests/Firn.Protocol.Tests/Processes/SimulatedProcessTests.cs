using System.Globalization;
using Xunit.Abstractions;

namespace Firn.Protocol.Tests;

/// <summary>
/// Monitors, links and calls over many nodes, on simulated time: processes do and end as chance has it, sessions are lost at
/// different times at both ends, and whatever crosses, each monitor fires once, each link breaks at both ends, each call ends.
/// </summary>
public class SimulatedProcessTests(ITestOutputHelper output)
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1";
    private static readonly string? OneSeed = Environment.GetEnvironmentVariable("FIRN_SIM_SEED");

    private static IEnumerable<int> Seeds(int usually, int inLongRuns) => OneSeed is { } seed
        ? [int.Parse(seed, CultureInfo.InvariantCulture)]
        : Enumerable.Range(1, Long ? inLongRuns : usually);

    [Fact]
    public void Relations_hold_whatever_is_lost_and_whatever_crosses()
    {
        foreach (int seed in Seeds(400, 20_000))
            Run(seed, new ProcessMeshOptions { Nodes = 2 + (seed % 4), Losses = seed % 30, Deeds = 200 + (seed % 7 * 100) });
    }

    [Fact]
    public void Honest_nodes_keep_each_others_limits()
    {
        int refusals = 0;
        foreach (int seed in Seeds(200, 10_000))
            refusals += Run(seed, new ProcessMeshOptions { Nodes = 2, Losses = seed % 5, Deeds = 600, Limit = 3 + (seed % 8) }).Refusals;
        output.WriteLine($"{refusals} requests were refused");
        refusals.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var options = new ProcessMeshOptions();
        Run(4711, options).World.Trace.ShouldBe(Run(4711, options).World.Trace);
        Run(4712, options).World.Trace.ShouldNotBe(Run(4711, options).World.Trace);
    }

    private static ProcessMesh Run(int seed, ProcessMeshOptions options)
    {
        var mesh = new ProcessMesh(seed, options);
        mesh.Run();
        return mesh;
    }
}
