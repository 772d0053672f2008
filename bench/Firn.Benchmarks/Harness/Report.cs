using System.Globalization;
using System.Text.Json;

namespace Firn.Benchmarks;

/// <summary>One pair of runs, the two kinds one directly after the other.</summary>
internal sealed record Pair(double Raw, double Firn, double Compared);

/// <summary>What was measured.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Unit">The unit of both kinds.</param>
/// <param name="Comparison">How the two are compared: <c>ratio</c> or <c>difference</c>.</param>
/// <param name="Goal">What it should be, in words.</param>
/// <param name="Pairs">All that was measured.</param>
internal sealed record Figure(string Name, string Unit, string Comparison, string Goal, IReadOnlyList<Pair> Pairs)
{
    public double Median => Pairs.Select(p => p.Compared).Order().ElementAt(Pairs.Count / 2);

    public double Min => Pairs.Min(p => p.Compared);

    public double Max => Pairs.Max(p => p.Compared);

    public static Figure Ratio(string name, string unit, string goal, IEnumerable<(double Raw, double Firn)> pairs) =>
        new(name, unit, "ratio", goal, [.. pairs.Select(p => new Pair(p.Raw, p.Firn, p.Firn / p.Raw))]);

    public static Figure Difference(string name, string unit, string goal, IEnumerable<(double Raw, double Firn)> pairs) =>
        new(name, unit, "difference", goal, [.. pairs.Select(p => new Pair(p.Raw, p.Firn, p.Firn - p.Raw))]);
}

/// <summary>Prints figures as they come, or all of them as JSON in the end.</summary>
internal sealed class Report(bool isJson)
{
    private static readonly JsonSerializerOptions Camel = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Figure> _figures = [];

    public void Add(Figure figure)
    {
        _figures.Add(figure);
        if (isJson)
            return;

        string sign = figure.Comparison == "ratio" ? "x" : $" {figure.Unit}";
        Console.WriteLine($"{figure.Name}: {Number(figure.Median)}{sign}  ({Number(figure.Min)} .. {Number(figure.Max)}; goal: {figure.Goal})");
        foreach (var pair in figure.Pairs)
            Console.WriteLine($"    raw {Number(pair.Raw),9}   firn {Number(pair.Firn),9} {figure.Unit}   {Number(pair.Compared)}{sign}");
    }

    public void Complete()
    {
        if (isJson)
            Console.WriteLine(JsonSerializer.Serialize(_figures, Camel));
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "N0" : "N2", CultureInfo.InvariantCulture);
}
