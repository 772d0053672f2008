using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Firn.Protocol;

/// <summary>
/// A domain name: labels of 1 to 63 bytes, 255 with their lengths (RFC 1035, section 3.1), which are UTF-8 by custom (RFC 6762, section 16).
/// Compared without regard to the case of ASCII letters.
/// </summary>
internal sealed class DnsName : IEquatable<DnsName>
{
    public const int MaxLength = 255;
    public const int MaxLabel = 63;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _wire;
    private readonly int _hash;

    /// <summary>Takes a name as it is on the wire without compression; the caller has checked it.</summary>
    public DnsName(ReadOnlySpan<byte> wire)
    {
        _wire = wire.ToArray();
        var hash = default(HashCode);
        foreach (byte b in _wire)
            hash.Add(Lower(b));
        _hash = hash.ToHashCode();
    }

    /// <summary>The name on the wire, without compression.</summary>
    public ReadOnlySpan<byte> Wire => _wire;

    public bool IsRoot => _wire.Length == 1;

    /// <summary>The first label; empty for the root.</summary>
    public ReadOnlySpan<byte> FirstLabel => _wire.AsSpan(1, _wire[0]);

    /// <summary>The name without its first label.</summary>
    public DnsName Parent => new(_wire.AsSpan(1 + _wire[0]));

    /// <exception cref="ArgumentException">A label is empty or too long, or the name is.</exception>
    public static DnsName Of(params ReadOnlySpan<string> labels)
    {
        var wire = new List<byte>();
        foreach (string label in labels)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(label);
            if (bytes.Length is 0 or > MaxLabel)
                throw new ArgumentException($"\"{label}\" is no label: expected 1 to {MaxLabel} bytes of UTF-8.", nameof(labels));
            wire.Add((byte)bytes.Length);
            wire.AddRange(bytes);
        }

        wire.Add(0);
        return wire.Count <= MaxLength
            ? new DnsName(wire.ToArray())
            : throw new ArgumentException($"The name has {wire.Count} bytes: expected at most {MaxLength}.", nameof(labels));
    }

    /// <summary>This name below <paramref name="label"/>.</summary>
    public DnsName Below(string label)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(label);
        return new DnsName([(byte)bytes.Length, .. bytes, .. _wire]);
    }

    public bool IsChildOf(DnsName parent) => !IsRoot && EqualsFolded(_wire.AsSpan(1 + _wire[0]), parent._wire);

    /// <summary>The first label as text that is fit to be shown; false for broken UTF-8 and for control characters.</summary>
    public bool TryGetFirstText([NotNullWhen(true)] out string? text)
    {
        try
        {
            text = Strict.GetString(FirstLabel);
        }
        catch (DecoderFallbackException)
        {
            text = null;
        }

        if (text is null || !text.EnumerateRunes().All(IsShown))
            text = null;
        return text is not null;
    }

    public bool Equals(DnsName? other) => other is not null && _hash == other._hash && EqualsFolded(_wire, other._wire);

    public override bool Equals(object? obj) => Equals(obj as DnsName);

    public override int GetHashCode() => _hash;

    /// <summary>For people; ends in a dot.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int at = 0; _wire[at] != 0; at += 1 + _wire[at])
            text.Append(Encoding.UTF8.GetString(_wire, at + 1, _wire[at])).Append('.');
        return text.Length == 0 ? "." : text.ToString();
    }

    private static bool IsShown(Rune rune) => !Rune.IsControl(rune)
        && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);

    /// <summary>Lengths are below any letter, so that they are not touched.</summary>
    private static byte Lower(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;

    private static bool EqualsFolded(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.Length != other.Length)
            return false;
        for (int i = 0; i < one.Length; i++)
        {
            if (Lower(one[i]) != Lower(other[i]))
                return false;
        }

        return true;
    }
}
