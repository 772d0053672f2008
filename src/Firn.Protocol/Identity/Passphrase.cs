using System.Text;

namespace Firn.Protocol;

/// <summary>A passphrase in Unicode's form NFC, as UTF-8, so that every keyboard and system makes the same key of it.</summary>
internal static class Passphrase
{
    private const int MaxLength = 1024;

    // Combining marks begin at U+0300. Below, every text is in form NFC already (UAX 15).
    private const char LastPlain = '\u02FF';

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: too long, not Unicode, or not normalizable here.</exception>
    public static byte[] ToUtf8(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
            throw Invalid($"The passphrase has {text.Length} characters: expected at most {MaxLength}.");
        if (!text.ContainsAnyExceptInRange('\0', LastPlain))
            return Encode(text);

        // A process in globalization-invariant mode, or without ICU, returns such a text as it is: another key than elsewhere.
        if ("e\u0301".Normalize() != "\u00E9")
        {
            throw Invalid(
                "The passphrase has characters beyond U+02FF, which this process cannot normalize " +
                "(it runs in globalization-invariant mode). " +
                "Use simpler letters, or better a generated cookie: `firn cookie generate`.");
        }

        Span<char> normal = new char[3 * MaxLength];   // NFC grows UTF-16 by a factor of three at most (UAX 15, section 12)
        try
        {
            return text.TryNormalize(normal, out int length)
                ? Encode(normal[..length])
                : throw Invalid("The passphrase is too long.");
        }
        catch (ArgumentException)
        {
            throw Invalid("The passphrase is not valid Unicode.");
        }
        finally
        {
            normal.Clear();
        }
    }

    private static byte[] Encode(ReadOnlySpan<char> text)
    {
        var bytes = GC.AllocateArray<byte>(Utf8.GetByteCount(text), pinned: true);
        Utf8.GetBytes(text, bytes);
        return bytes;
    }

    private static FirnException Invalid(string message) => new(FailureReason.InvalidInput, message);
}
