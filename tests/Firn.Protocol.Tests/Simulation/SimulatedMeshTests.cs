using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Firn.Protocol.Tests;

/// <summary>Whole meshes of the real rules, on simulated time: whatever happened, afterwards everyone lists everyone.</summary>
public class SimulatedMeshTests(ITestOutputHelper output)
{
    private static readonly string? OneSeed = Environment.GetEnvironmentVariable("FIRN_SIM_SEED");

    private static IEnumerable<int> Seeds(int usually, int inLongRuns) => OneSeed is { } seed
        ? [int.Parse(seed, CultureInfo.InvariantCulture)]
        : Enumerable.Range(1, LongRun.IsOn ? inLongRuns : usually);

    [Fact]
    public void Small_meshes_heal_from_everything()
    {
        foreach (int seed in Seeds(300, 10_000))
            Run(seed, new SimOptions { Nodes = 3 + (seed % 6), Faults = 5 + (seed % 40) });
    }

    [Fact]
    public void Two_hundred_nodes_that_start_at_once_all_meet()
    {
        foreach (int seed in Seeds(1, 5))
            Run(seed, new SimOptions { Nodes = 200, StartMilliseconds = 1_000, Faults = 40, Partitions = LongRun.IsOn ? 3 : 1 });
    }

    [Fact]
    public void Nodes_that_are_told_of_more_than_their_budgets_allow_meet_all_the_same()
    {
        var rules = new NodeRulesOptions { Dials = new DialLimits { TellerBurst = 4, TellerPerSecond = 1, MaxConcurrent = 6 } };
        foreach (int seed in Seeds(3, 200))
            Run(seed, new SimOptions { Nodes = 40, Faults = 20, Rules = rules });
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var options = new SimOptions { Nodes = 7, Faults = 40 };
        Run(4711, options).ShouldBe(Run(4711, options));
        Run(4712, options).ShouldNotBe(Run(4711, options));
    }

    private UInt128 Run(int seed, SimOptions options)
    {
        var clock = Stopwatch.StartNew();
        var mesh = new SimMesh(seed, options);
        mesh.Run();
        if (options.Nodes > 20)
            output.WriteLine($"seed {seed}: {options.Nodes} nodes, {mesh.World.Events} events, {clock.ElapsedMilliseconds} ms");
        return mesh.World.Trace;
    }
}
