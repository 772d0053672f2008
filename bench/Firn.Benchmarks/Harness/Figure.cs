namespace Firn.Benchmarks;

/// <summary>What one kind reached, run by run.</summary>
internal sealed record Series(string Name, IReadOnlyList<double> Values)
{
    public double Median => Values.Order().ElementAt(Values.Count / 2);

    public double Min => Values.Min();

    public double Max => Values.Max();
}

/// <summary>Two series that are compared, run by run.</summary>
internal sealed record Comparison(string Of, string To);

/// <summary>What was measured: the runs of one index were made one directly after the other.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Unit">The unit of all kinds.</param>
/// <param name="Kind">How they are compared: <c>ratio</c> or <c>difference</c>.</param>
/// <param name="Goal">What that should be, in words.</param>
/// <param name="Series">All that was measured.</param>
internal sealed record Figure(string Name, string Unit, string Kind, string Goal, IReadOnlyList<Series> Series)
{
    public const string Raw = "raw";
    public const string Firn = "firn";

    private static readonly IReadOnlyList<Comparison> FirnToRaw = [new(Firn, Raw)];

    private IReadOnlyList<Comparison> Comparisons { get; init; } = FirnToRaw;

    /// <summary>Those that took part of the series that are to be compared, each with its other; Firn with raw unless set.</summary>
    public IReadOnlyList<Series> Compared => [.. Comparisons.Select(Compare).OfType<Series>()];

    public static Figure Ratio(
        string name, string unit, string goal, IReadOnlyList<Series> series, IReadOnlyList<Comparison>? comparisons = null) =>
        new(name, unit, "ratio", goal, series) { Comparisons = comparisons ?? FirnToRaw };

    public static Figure Ratio(string name, string unit, string goal, IEnumerable<(double Raw, double Firn)> pairs) =>
        Ratio(name, unit, goal, Columns(pairs));

    public static Figure Difference(string name, string unit, string goal, IEnumerable<(double Raw, double Firn)> pairs) =>
        new(name, unit, "difference", goal, Columns(pairs));

    private static Series[] Columns(IEnumerable<(double Raw, double Firn)> pairs) =>
        [new(Raw, [.. pairs.Select(p => p.Raw)]), new(Firn, [.. pairs.Select(p => p.Firn)])];

    private Series? Compare(Comparison comparison) =>
        Find(comparison.To) is { } to && Find(comparison.Of) is { } of
            ? new Series($"{of.Name} to {to.Name}", [.. to.Values.Zip(of.Values, (x, y) => Kind == "ratio" ? y / x : y - x)])
            : null;

    private Series? Find(string name) => Series.FirstOrDefault(series => series.Name == name);
}
