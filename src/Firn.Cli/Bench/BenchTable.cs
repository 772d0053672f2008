using System.Globalization;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>The figures of a bench as people read them.</summary>
internal static class BenchTable
{
    private static readonly string[] Headings = ["WHAT", "SIZE", "WAY", "RATE", "THROUGHPUT"];

    public static IEnumerable<string> Lines(BenchRecord record)
    {
        if (record.Figures.Count == 0)
            yield break;

        yield return Printable.Line($"{record.Name} ({record.Address})");
        foreach (string line in Columns.Align(Headings, record.Figures.Select(figure => Row(figure, record.Name))))
            yield return line;
        if (record.Figures[0].Latency is { } l)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"call min/avg/p50/p99 = {l.MinMs:0.000}/{l.AvgMs:0.000}/{l.P50Ms:0.000}/{l.P99Ms:0.000} ms");
        }
    }

    /// <summary>In words, with the peer's name before the <c>@</c>.</summary>
    public static string Way(string direction, string peer) => direction switch
    {
        "out" => $"to {ShortName(peer)}",
        "in" => $"from {ShortName(peer)}",
        _ => "there and back",
    };

    /// <summary>Three digits that matter: <c>950/s</c>, <c>21.3 k/s</c>, <c>1.25 M/s</c>.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        < 1_000 => $"{Digits(perSecond)} /s",
        < 1_000_000 => $"{Digits(perSecond / 1_000)} k/s",
        _ => $"{Digits(perSecond / 1_000_000)} M/s",
    };

    private static string[] Row(BenchFigureBody figure, string peer) =>
    [
        figure.Phase,
        Sizes.Show(figure.Size),
        Printable.Line(Way(figure.Direction, peer)),
        figure.PerSecond is { } rate ? Rate(rate) : "-",
        $"{Digits(figure.BytesPerSecond / 1_000_000)} MB/s",
    ];

    private static string ShortName(string peer) => peer.Split('@')[0];

    private static string Digits(double value) =>
        value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
