using System.Globalization;
using System.Text.Json;

namespace Firn.Benchmarks;

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

        Console.WriteLine(figure.Compared is [var compared]
            ? $"{figure.Name}: {Number(compared.Median)} {Sign(figure)}  ({Number(compared.Min)} .. {Number(compared.Max)}; goal: {figure.Goal})"
            : $"{figure.Name}  (goal: {figure.Goal})");
        foreach (var series in figure.Series)
            Print(series, figure.Unit);
        foreach (var series in figure.Compared)
            Print(series, Sign(figure));
    }

    /// <summary>Says what is not measured, and why; beside JSON, not in it.</summary>
    public void LeaveOut(string what, string why) => (isJson ? Console.Error : Console.Out).WriteLine($"{what} is left out: {why}");

    public void Complete()
    {
        if (isJson)
            Console.WriteLine(JsonSerializer.Serialize(_figures, Camel));
    }

    private static void Print(Series series, string unit) =>
        Console.WriteLine($"    {series.Name,-16} {Number(series.Median),12} {unit,-12} {string.Join("  ", series.Values.Select(Number))}");

    private static string Sign(Figure figure) => figure.Kind == "ratio" ? "x" : figure.Unit;

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "N0" : "N2", CultureInfo.InvariantCulture);
}
