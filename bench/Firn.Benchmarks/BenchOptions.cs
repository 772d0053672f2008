using System.Globalization;

namespace Firn.Benchmarks;

/// <summary>The command line is not understood.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What is measured, and on which scale.</summary>
internal sealed record BenchOptions
{
    private static readonly string Help = $"""
        Measures Firn against raw SslStream (TLS 1.3, both ends with P-256 certificates) and against what else .NET offers,
        between two processes on loopback, in the same run, by turns.

        Usage: Firn.Benchmarks [SCENARIO | all] [options]

        {string.Join('\n', Benchmarks.Scenario.All.Select(s => $"  {s.Name,-12} {s.Summary}"))}
          all          all of these (default)

        Options:
          --pairs N        runs of each kind that a median is taken of (default 5; memory and idle: 1)
          --count N        handshakes: sessions a run (default 250), transports: 100; ping: round trips a run (default 4000)
          --sessions N     memory, idle: sessions held (default 1000)
          --seconds N      idle: how long (default 5); messages and later ones: how long a run (default 2)
          --interval MS    idle: ping interval of both ends (default 1000)
          --only A,B       messages and later ones: measure these kinds only, as raw,firn
          --json           JSON instead of text
        """;

    public string Scenario { get; init; } = "all";

    public int? Pairs { get; init; }

    public int? Count { get; init; }

    public int Sessions { get; init; } = 1000;

    public int? Seconds { get; init; }

    public int Interval { get; init; } = 1000;

    public string? Only { get; init; }

    public bool Json { get; init; }

    /// <summary>What to do instead of measuring: to print the help, or to be the other process.</summary>
    private Func<Task>? Instead { get; init; }

    public static BenchOptions Parse(string[] args)
    {
        if (args is ["serve", var kind, var interval])
            return new BenchOptions { Instead = () => Serving.RunAsync(kind, Number("serve", interval)) };
        if (args is ["memory-of", var what, var sessions])
            return new BenchOptions { Instead = () => MemoryScenario.MeasureHereAsync(what, Number("memory-of", sessions)) };

        var options = new BenchOptions();
        for (int i = 0; i < args.Length; i++)
        {
            string Text() => ++i < args.Length ? args[i] : "";
            int Value() => Number(args[i], Text());
            options = args[i] switch
            {
                "all" => options with { Scenario = args[i] },
                _ when Benchmarks.Scenario.All.Any(s => s.Name == args[i]) => options with { Scenario = args[i] },
                "--pairs" => options with { Pairs = Value() },
                "--count" => options with { Count = Value() },
                "--sessions" => options with { Sessions = Value() },
                "--seconds" => options with { Seconds = Value() },
                "--interval" => options with { Interval = Value() },
                "--only" => options with { Only = Text() },
                "--json" => options with { Json = true },
                "--help" or "-h" => options with { Instead = () => Console.Out.WriteLineAsync(Help) },
                _ => throw new UsageException($"\"{args[i]}\" is neither a scenario nor an option."),
            };
        }

        return options;
    }

    public async Task<int> RunAsync()
    {
        if (Instead is not null)
        {
            await Instead();
            return 0;
        }

        var report = new Report(Json);
        foreach (var scenario in Benchmarks.Scenario.All.Where(s => Scenario == "all" || Scenario == s.Name))
            await scenario.RunAsync(this, report);
        report.Complete();
        return 0;
    }

    private static int Number(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw new UsageException($"{name} \"{text}\": expected a number above 0.");
}
