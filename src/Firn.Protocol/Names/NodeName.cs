using System.Diagnostics.CodeAnalysis;
using Firn.Protocol;

namespace Firn;

/// <summary>
/// The full name of a node, <c>name@host</c>: 1 to 64 of <c>[A-Za-z0-9_-]</c>, then a DNS name, an IPv4 address, or an
/// IPv6 address in brackets. The name is compared exactly; the host in lower case.
/// </summary>
public sealed record NodeName
{
    private NodeName(string name, string host) => (Name, Host) = (name, host);

    /// <summary>The part before the <c>@</c>.</summary>
    public string Name { get; }

    /// <summary>The part after the <c>@</c>, in lower case, IPv6 in brackets.</summary>
    public string Host { get; }

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: the sentence points at the character.</exception>
    public static NodeName Parse(string text) => TryParse(text, out var name, out var error)
        ? name
        : throw new FirnException(FailureReason.InvalidInput, error);

    /// <summary>Reads <paramref name="text"/>; false with a sentence that points at the offending character.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NodeName? name, [NotNullWhen(false)] out string? error)
    {
        name = null;
        text ??= "";
        int at = text.IndexOf('@', StringComparison.Ordinal);
        error = at < 0
            ? NameScanner.CheckName(text, 0, text.Length) ?? NameScanner.At(text, text.Length, "expected '@' and a host")
            : NameScanner.CheckName(text, 0, at) ?? NameScanner.CheckHost(text, at + 1, text.Length);
        if (error is not null)
            return false;

        name = new NodeName(text[..at], NameScanner.CanonicalHost(text[(at + 1)..]));
        return true;
    }

    /// <summary><c>name@host</c>.</summary>
    public override string ToString() => $"{Name}@{Host}";

    /// <summary>Whether <paramref name="expected"/>, a full name or only the part before the <c>@</c>, means this node.</summary>
    internal bool Matches(string expected) => expected.Contains('@', StringComparison.Ordinal)
        ? TryParse(expected, out var full, out _) && full == this
        : expected == Name;
}
