using System.Globalization;

namespace Firn.Cli;

/// <summary>Durations on the command line: <c>500ms</c>, <c>15s</c>, <c>2m</c>.</summary>
internal static class Durations
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>Reads <paramref name="text"/>, 1 ms to a day; else a sentence that says what was expected.</summary>
    public static (TimeSpan Value, string? Error) Read(string text)
    {
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
            digits++;
        string unit = text[digits..];
        double milliseconds = unit switch { "ms" => 1, "s" => 1_000, "m" => 60_000, "h" => 3_600_000, _ => 0 };
        var number = text.AsSpan(0, digits);
        if (milliseconds == 0
            || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count))
        {
            return (default, $"\"{text}\" is not a duration: expected a number and ms, s, m or h, such as 500ms, 15s or 2m");
        }

        milliseconds *= count;
        if (milliseconds < 1)
            return (default, $"\"{text}\" is too short: at least 1ms");
        return milliseconds > Longest.TotalMilliseconds
            ? (default, $"\"{text}\" is too long: at most 24h")
            : (TimeSpan.FromMilliseconds(milliseconds), null);
    }

    /// <summary>The two largest units of <paramref name="time"/>: <c>7s</c>, <c>2m 5s</c>, <c>3h 4m</c>, <c>2d 3h</c>.</summary>
    public static string Show(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => $"{Math.Max(0, time.Seconds)}s",
        { TotalHours: < 1 } => $"{time.Minutes}m {time.Seconds}s",
        { TotalDays: < 1 } => $"{time.Hours}h {time.Minutes}m",
        _ => $"{time.Days}d {time.Hours}h",
    };
}
