using System.Globalization;

namespace Firn.Cli;

/// <summary>Text that came from elsewhere, fit for a terminal: a peer must not move the cursor or turn the line round.</summary>
internal static class Printable
{
    /// <summary><paramref name="text"/> on one line, without control and formatting characters.</summary>
    public static string Line(string text) =>
        text.Any(IsUnfit) ? string.Concat(text.Select(c => IsUnfit(c) ? '\uFFFD' : c)) : text;

    /// <summary>As <see cref="Line"/>, but newlines and tabs stay.</summary>
    public static string Lines(string text) => string.Join('\n', text.Split('\n').Select(line => string.Join('\t', line.Split('\t').Select(Line))));

    private static bool IsUnfit(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
