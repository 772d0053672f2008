namespace Firn.Protocol;

/// <summary>The parts that node names and addresses share, each refused with a sentence that points at the character.</summary>
internal static class NameScanner
{
    public const int MaxNameLength = 64;
    public const int MaxHostLength = 253;
    private const int MaxLabelLength = 63;

    public static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    /// <summary>Checks the name at <c>text[start..end]</c>; null when it is well formed.</summary>
    public static string? CheckName(string text, int start, int end)
    {
        if (start == end)
            return At(text, start, "expected a name of 1 to 64 letters, digits, '-' or '_'");

        for (int i = start; i < end; i++)
        {
            if (!IsNameCharacter(text[i]))
                return At(text, i, $"{Show(text[i])} is not allowed in a name (letters, digits, '-' and '_' are)");
        }

        return end - start > MaxNameLength ? At(text, start + MaxNameLength, "a name has at most 64 characters") : null;
    }

    /// <summary>
    /// Checks the host at <c>text[start..end]</c>: a DNS name, an IPv4 address, or an IPv6 address in brackets; one of a link with the number
    /// of the link's interface here, if <paramref name="mayHaveScope"/> (RFC 4007, section 11).
    /// </summary>
    public static string? CheckHost(string text, int start, int end, bool mayHaveScope = false)
    {
        if (start == end)
            return At(text, start, "expected a host name or address");
        if (text[start] == '[')
            return CheckBracketedIPv6(text, start, end, mayHaveScope);

        for (int i = start, label = start; i <= end; i++)
        {
            if (i < end && text[i] != '.')
            {
                if (text[i] == ':')
                    return At(text, i, "an IPv6 address is written in brackets");
                if (!IsNameCharacter(text[i]))
                    return At(text, i, $"{Show(text[i])} is not allowed in a host");
                continue;
            }

            if (i == label && !(i == end && i > start))
                return At(text, i, "a host has no empty part between dots");
            if (i - label > MaxLabelLength)
                return At(text, label + MaxLabelLength, "a part of a host has at most 63 characters");
            label = i + 1;
        }

        if (text[end - 1] == '.')
            return At(text, end - 1, "a host does not end in a dot");
        if (end - start > MaxHostLength)
            return At(text, start + MaxHostLength, "a host has at most 253 characters");
        return CheckDottedDigits(text, start, end);
    }

    /// <summary>The one spelling of a host: lower case, IPv6 compressed (RFC 5952) and in brackets.</summary>
    public static string CanonicalHost(string host) => host[0] == '['
        ? "[" + System.Net.IPAddress.Parse(host[1..^1]) + "]"
        : host.ToLowerInvariant();

    public static string At(string text, int position, string problem) =>
        $"\"{Shorten(text)}\": at character {position + 1}: {problem}";

    private static string? CheckBracketedIPv6(string text, int start, int end, bool mayHaveScope)
    {
        int close = text.IndexOf(']', start, end - start);
        if (close < 0)
            return At(text, end, "expected ']' after an IPv6 address");
        if (close < end - 1)
            return At(text, close + 1, "nothing but a port follows an IPv6 address in brackets");
        var inside = text.AsSpan(start + 1, end - start - 2);
        int scope = inside.IndexOf('%');
        if (scope >= 0 && mayHaveScope)
        {
            if (!IsScope(inside[(scope + 1)..]) || !System.Net.IPAddress.TryParse(inside[..scope], out var scoped) || !scoped.IsIPv6LinkLocal)
                return At(text, start + 2 + scope, "expected the number of an interface, after an address that begins with fe80");
            inside = inside[..scope];
        }

        for (int i = 0; i < inside.Length; i++)
        {
            if (!char.IsAsciiHexDigit(inside[i]) && inside[i] is not (':' or '.'))
                return At(text, start + 1 + i, $"{Show(inside[i])} is not allowed in an IPv6 address");
        }

        return inside.Contains(':') && System.Net.IPAddress.TryParse(inside, out _)
            ? null
            : At(text, start + 1, "expected an IPv6 address");
    }

    private static bool IsScope(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= 9 && !text.ContainsAnyExceptInRange('0', '9') && text[0] != '0';

    /// <summary>What looks like an IPv4 address must be one: "300.1.1.1", "10.1" or "0x7f000001" would resolve to a surprise.</summary>
    private static string? CheckDottedDigits(string text, int start, int end)
    {
        var host = text.AsSpan(start, end - start);
        int lastDot = host.LastIndexOf('.');
        bool readsAsAddress = System.Net.IPAddress.TryParse(host, out var address);
        if (!readsAsAddress && host[(lastDot + 1)..].ContainsAnyExceptInRange('0', '9'))
            return null;

        bool isDottedQuad = readsAsAddress && address!.ToString().AsSpan().SequenceEqual(host);
        return isDottedQuad ? null : At(text, start, "expected an IPv4 address of four numbers from 0 to 255");
    }

    private static string Show(char c) => c == ' ' ? "a space" : char.IsControl(c) || c > '~' ? $"U+{(int)c:X4}" : $"'{c}'";

    private static string Shorten(string text)
    {
        var shown = text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");
        return string.Create(shown.Length, shown, static (span, s) =>
        {
            for (int i = 0; i < s.Length; i++)
                span[i] = char.IsControl(s[i]) ? '\uFFFD' : s[i];
        });
    }
}
