using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>One life of a node: who it is, and which incarnation. Every pid of that life shares one.</summary>
internal sealed record NodeLife(PeerKey Node, Incarnation Incarnation)
{
    // Reading a DID is a square root on the curve, so what was read is kept; all of it goes when a stream of strangers fills it.
    private const int MaxKnown = 1024;
    private static readonly ConcurrentDictionary<string, NodeLife> Known = new();
    private static readonly ConcurrentDictionary<string, NodeLife>.AlternateLookup<ReadOnlySpan<char>> KnownByText =
        Known.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>How many lives are kept to be shared.</summary>
    internal static int KnownCount => Known.Count;

    private volatile MessageLink? _route;

    /// <summary>The link that led there last, which spares looking for it. Whoever uses it checks that it is the asking node's, and still its route.</summary>
    public MessageLink? Route { get => _route; set => _route = value; }

    /// <summary><c>incarnation/name@host/did</c>.</summary>
    public string Text => field ??= string.Create(CultureInfo.InvariantCulture, $"{Incarnation.Value}/{Node.Name}/{Node.Did}");

    /// <summary>Reads <c>text[start..]</c>, which must be the canonical spelling; false with a sentence that points at the character.</summary>
    public static bool TryParse(string text, int start, [NotNullWhen(true)] out NodeLife? life, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (KnownByText.TryGetValue(text.AsSpan(start), out life))
            return true;
        if ((error = Read(text, start, out life)) is not null)
            return false;

        if (Known.Count >= MaxKnown)
            Known.Clear();
        life = Known.GetOrAdd(life!.Text, life);
        return true;
    }

    /// <summary>What it is, whatever is remembered with it.</summary>
    public bool Equals(NodeLife? other) => other is not null && Incarnation == other.Incarnation && Node == other.Node;

    public override int GetHashCode() => HashCode.Combine(Node, Incarnation);

    public override string ToString() => Text;

    private static string? Read(string text, int start, out NodeLife? life)
    {
        life = null;
        int incarnationEnd = EndOfPart(text, start);
        var digits = text.AsSpan(start, incarnationEnd - start);
        if (digits.ContainsAnyExceptInRange('0', '9')   // the parser would skip a NUL
            || !ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong incarnation) || (digits.Length > 1 && digits[0] == '0'))
            return NameScanner.At(text, start, "expected an incarnation, a decimal number of 64 bits");

        int nameStart = Math.Min(incarnationEnd + 1, text.Length), nameEnd = EndOfPart(text, nameStart);
        int at = text.IndexOf('@', nameStart, nameEnd - nameStart);
        string? error = at < 0
            ? NameScanner.CheckName(text, nameStart, nameEnd) ?? NameScanner.At(text, nameEnd, "expected '@' and a host")
            : NameScanner.CheckName(text, nameStart, at) ?? NameScanner.CheckHost(text, at + 1, nameEnd);
        if (error is not null)
            return error;
        var name = NodeName.Parse(text[nameStart..nameEnd]);
        if (!text.AsSpan(at + 1, nameEnd - at - 1).SequenceEqual(name.Host))
            return NameScanner.At(text, at + 1, $"expected the host as {name.Host}");

        int didStart = Math.Min(nameEnd + 1, text.Length);
        if (!Did.TryParse(text[didStart..], out var did))
            return NameScanner.At(text, didStart, "expected the DID of a node, did:key:zDn…");

        life = new NodeLife(new PeerKey(did, name), new Incarnation(incarnation));
        return null;
    }

    private static int EndOfPart(string text, int start)
    {
        int slash = text.IndexOf('/', start);
        return slash < 0 ? text.Length : slash;
    }
}
