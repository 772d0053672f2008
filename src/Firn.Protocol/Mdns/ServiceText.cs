using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Firn.Protocol;

/// <summary>What the TXT record of a node says (RFC 6763, section 6): <c>v</c>, <c>did</c> and, where it has one to give, <c>tag</c>.</summary>
/// <param name="Versions">The versions of the handshake that it speaks: <c>1</c>, or <c>1-2</c>.</param>
/// <param name="Did">Its key; not looked at yet whether there is such a point.</param>
/// <param name="Tag">Its <see cref="ClusterTag"/>; null if it admits by trust, or has no cookie but passphrases.</param>
internal sealed record ServiceText(VersionRange Versions, Did Did, ReadOnlyMemory<byte>? Tag)
{
    /// <summary>A longer record is nobody's: with all keys at their longest it has 110 bytes.</summary>
    private const int MaxLength = 512;

    public byte[] ToBytes()
    {
        var strings = new List<string>
        {
            Versions.Min == Versions.Max ? $"v={Versions.Min}" : $"v={Versions.Min}-{Versions.Max}",
            $"did={Did}",
        };
        if (Tag is { } tag)
            strings.Add($"tag={Base64Url.EncodeToString(tag.Span)}");
        return [.. strings.SelectMany(s => (byte[])[(byte)s.Length, .. Encoding.ASCII.GetBytes(s)])];
    }

    /// <summary>False unless every key is there once and well formed; unknown keys are skipped, of one that comes twice the first counts.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, [NotNullWhen(true)] out ServiceText? text)
    {
        text = null;
        if (data.Length > MaxLength)
            return false;

        string? versions = null, did = null, tag = null;
        while (!data.IsEmpty)
        {
            int length = data[0];
            if (length >= data.Length)
                return false;

            string pair = Encoding.Latin1.GetString(data.Slice(1, length));
            data = data[(1 + length)..];
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? pair : pair[..equals].ToLowerInvariant(), value = pair[(equals + 1)..];
            switch (key)
            {
                case "v":
                    versions ??= value;
                    break;
                case "did":
                    did ??= value;
                    break;
                case "tag":
                    tag ??= value;
                    break;
            }
        }

        if (!TryReadVersions(versions, out var range) || !Did.TryReadSpelling(did, out var who) || !TryReadTag(tag, out var bytes))
            return false;
        text = new ServiceText(range, who, bytes);
        return true;
    }

    private static bool TryReadVersions(string? text, out VersionRange range)
    {
        range = default;
        string[] parts = (text ?? "").Split('-');
        if (parts.Length > 2 || !TryReadNumber(parts[0], out uint min) || !TryReadNumber(parts[^1], out uint max))
            return false;
        range = new VersionRange(min, max);
        return range.IsValid;
    }

    private static bool TryReadNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryReadTag(string? text, out ReadOnlyMemory<byte>? tag)
    {
        tag = null;
        if (text is null)
            return true;

        var bytes = new byte[ClusterTag.Length];
        const int Digits = 22;   // 16 bytes in base64url without padding
        if (text.Length != Digits || Base64Url.DecodeFromChars(text, bytes, out _, out int length) != System.Buffers.OperationStatus.Done
            || length != ClusterTag.Length)
        {
            return false;
        }

        tag = bytes;
        return true;
    }
}
