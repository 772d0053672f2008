using System.Buffers;
using System.Buffers.Text;

namespace Firn.Protocol;

/// <summary>Base 64 without padding, canonical only (RFC 4648, sections 4 and 3.5), as headers of age spell bytes.</summary>
internal static class AgeBase64
{
    public static byte[] Encode(ReadOnlySpan<byte> bytes)
    {
        byte[] padded = new byte[Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
        Base64.EncodeToUtf8(bytes, padded, out _, out _);
        return padded[..((bytes.Length * 4 + 2) / 3)];
    }

    /// <summary>The bytes that <paramref name="text"/> spells; null when it is not their one spelling.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<byte> text)
    {
        byte[] padded = new byte[(text.Length + 3) / 4 * 4];
        text.CopyTo(padded);
        padded.AsSpan(text.Length).Fill((byte)'=');

        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (Base64.DecodeFromUtf8(padded, bytes, out _, out int length) != OperationStatus.Done)
            return null;

        // The decoder skips blanks, takes padding of its own, and does not look at spare bits.
        Array.Resize(ref bytes, length);
        return text.SequenceEqual(Encode(bytes)) ? bytes : null;
    }
}
