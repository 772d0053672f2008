using System.Diagnostics.CodeAnalysis;
using SimpleBase;

namespace Firn;

/// <summary>
/// A node's self-certifying identity: the public half of its P-256 key as <c>did:key:zDn…</c> (did:key method of the W3C
/// CCG, multicodec <c>p256-pub</c> 0x1200, compressed point, base58btc). It has exactly one spelling.
/// </summary>
public sealed class Did : IEquatable<Did>
{
    /// <summary>Length of a compressed P-256 point (SEC 1, section 2.3.3).</summary>
    internal const int PointLength = 33;

    private const string Prefix = "did:key:z";
    private static ReadOnlySpan<byte> Multicodec => [0x80, 0x24];   // 0x1200 as a varint

    private readonly byte[] _point;
    private readonly string _text;

    private Did(byte[] point, string text) => (_point, _text) = (point, text);

    /// <summary>The compressed point, 33 bytes.</summary>
    internal ReadOnlySpan<byte> Point => _point;

    /// <summary>Reads <paramref name="text"/>, which must be the canonical spelling.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a did:key of a P-256 point.</exception>
    public static Did Parse(string text) => TryParse(text, out var did)
        ? did
        : throw new FirnException(FailureReason.InvalidInput, $"\"{text}\" is not a DID of a node: expected did:key:zDn… (a P-256 key)");

    /// <summary>Reads <paramref name="text"/>; false unless it is the canonical spelling of a P-256 did:key.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Did? did)
    {
        if (!TryReadSpelling(text, out did) || !Protocol.P256Point.TryDecompress(did._point, out _))
            did = null;
        return did is not null;
    }

    /// <summary>
    /// As <see cref="TryParse"/>, without the square root that tells whether there is such a point: for what comes in masses and is mostly
    /// thrown away.
    /// </summary>
    internal static bool TryReadSpelling(string? text, [NotNullWhen(true)] out Did? did)
    {
        did = null;
        Span<byte> bytes = stackalloc byte[64];
        if (text is null || text.Length > 64 || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text.AsSpan(Prefix.Length).ContainsAnyExceptInRange('1', 'z')    // the decoder throws at some others
            || !Base58.Bitcoin.TryDecode(text.AsSpan(Prefix.Length), bytes, out int length)
            || length != Multicodec.Length + PointLength || !bytes.StartsWith(Multicodec))
        {
            return false;
        }

        var read = FromValidPoint(bytes[Multicodec.Length..length]);
        did = read._text == text ? read : null;
        return did is not null;
    }

    /// <summary>The DID of a compressed point; false unless it is one of the curve P-256.</summary>
    internal static bool TryFromPoint(ReadOnlySpan<byte> compressed, [NotNullWhen(true)] out Did? did)
    {
        did = null;
        if (!Protocol.P256Point.TryDecompress(compressed, out _))
            return false;

        did = FromValidPoint(compressed);
        return true;
    }

    /// <summary>The DID of a point that is known to be on the curve.</summary>
    internal static Did FromValidPoint(ReadOnlySpan<byte> compressed)
    {
        Span<byte> bytes = stackalloc byte[Multicodec.Length + PointLength];
        Multicodec.CopyTo(bytes);
        compressed.CopyTo(bytes[Multicodec.Length..]);
        return new Did(compressed.ToArray(), Prefix + Base58.Bitcoin.Encode(bytes));
    }

    /// <inheritdoc/>
    public bool Equals(Did? other) => other is not null && _point.AsSpan().SequenceEqual(other._point);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Did);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_point, 4);

    /// <summary><c>did:key:zDn…</c>.</summary>
    public override string ToString() => _text;

    /// <summary>Whether both are the same key.</summary>
    public static bool operator ==(Did? left, Did? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they are different keys.</summary>
    public static bool operator !=(Did? left, Did? right) => !(left == right);
}
