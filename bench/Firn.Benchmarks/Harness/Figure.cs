namespace Firn.Benchmarks;

/// <summary>What one kind reached, run by run.</summary>
internal sealed record Series(string Name, IReadOnlyList<double> Values)
{
    public double Median => Values.Order().ElementAt(Values.Count / 2);

    public double Min => Values.Min();

    public double Max => Values.Max();
}

/// <summary>What was measured: the runs of one index were made one directly after the other.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Unit">The unit of all kinds.</param>
/// <param name="Comparison">How Firn is compared with raw: <c>ratio</c> or <c>difference</c>.</param>
/// <param name="Goal">What that should be, in words.</param>
/// <param name="Series">All that was measured.</param>
internal sealed record Figure(string Name, string Unit, string Comparison, string Goal, IReadOnlyList<Series> Series)
{
    public const string Raw = "raw";
    public const string Firn = "firn";

    /// <summary>Firn against raw, pair by pair; null unless both took part.</summary>
    public Series? Compared { get; } = Compare(Comparison == "ratio" ? (raw, firn) => firn / raw : (raw, firn) => firn - raw, Series);

    public static Figure Ratio(string name, string unit, string goal, IReadOnlyList<Series> series) => new(name, unit, "ratio", goal, series);

    public static Figure Ratio(string name, string unit, string goal, IEnumerable<(double Raw, double Firn)> pairs) =>
        Ratio(name, unit, goal, Columns(pairs));

    public static Figure Difference(string name, string unit, string goal, IEnumerable<(double Raw, double Firn)> pairs) =>
        new(name, unit, "difference", goal, Columns(pairs));

    private static Series[] Columns(IEnumerable<(double Raw, double Firn)> pairs) =>
        [new(Raw, [.. pairs.Select(p => p.Raw)]), new(Firn, [.. pairs.Select(p => p.Firn)])];

    private static Series? Compare(Func<double, double, double> compare, IReadOnlyList<Series> all) =>
        all.FirstOrDefault(s => s.Name == Raw) is { } raw && all.FirstOrDefault(s => s.Name == Firn) is { } firn
            ? new Series("firn to raw", [.. raw.Values.Zip(firn.Values, compare)])
            : null;
}
