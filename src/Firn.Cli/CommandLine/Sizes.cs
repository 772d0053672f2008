using System.Globalization;

namespace Firn.Cli;

/// <summary>Numbers of bytes on the command line, <c>64</c>, <c>64k</c>, <c>1M</c>, and as people read them.</summary>
internal static class Sizes
{
    private const int Kibi = 1024;

    /// <summary>Reads <paramref name="text"/>, 1 byte to 16 MiB; else a sentence that says what was expected.</summary>
    public static (int Value, string? Error) Read(string text)
    {
        var (digits, unit) = text switch
        {
            [.. var number, 'k' or 'K'] => (number, Kibi),
            [.. var number, 'm' or 'M'] => (number, Kibi * Kibi),
            _ => (text, 1),
        };
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            return (0, $"\"{text}\" is not a size: expected a number of bytes, such as 64, 64k or 1M");

        long bytes = (long)count * unit;
        return bytes is >= 1 and <= 16 * Kibi * Kibi ? ((int)bytes, null) : (0, $"\"{text}\" is out of range: expected 1 to 16M");
    }

    /// <summary><c>64 B</c>, <c>64 KiB</c>, <c>1 MiB</c>; what is no whole number of them in bytes.</summary>
    public static string Show(int bytes) => bytes switch
    {
        >= Kibi * Kibi when bytes % (Kibi * Kibi) == 0 => $"{bytes / (Kibi * Kibi)} MiB",
        >= Kibi when bytes % Kibi == 0 => $"{bytes / Kibi} KiB",
        _ => $"{bytes} B",
    };

    /// <summary>Roughly, in the largest unit: <c>512 B</c>, <c>1.5 KiB</c>, <c>2.3 GiB</c>.</summary>
    public static string About(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB"),
        >= Kibi => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)Kibi:0.0} KiB"),
        _ => $"{bytes} B",
    };
}
