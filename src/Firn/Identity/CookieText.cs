using System.Security.Cryptography;
using System.Text;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>The text of a file of cookies: one a line, UTF-8. Every array that it returns is pinned, for the caller to wipe.</summary>
internal static class CookieText
{
    private const byte NewLine = (byte)'\n';

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The cookies in <paramref name="text"/>, for the caller to dispose of.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: empty, too many, or one is damaged; it names <paramref name="where"/>.</exception>
    public static List<Cookie> Parse(ReadOnlySpan<byte> text, string where)
    {
        var lines = Lines(text);
        if (lines.Count == 0)
            lines.Add(..);   // says that it is empty
        if (lines.Count > Keyring.MaxKeys)
            throw Invalid($"{where} has {lines.Count} lines: expected 1 to {Keyring.MaxKeys} cookies, one a line.");

        var cookies = new List<Cookie>();
        try
        {
            foreach (var line in lines)
                cookies.Add(ParseOne(text[line]));
            return cookies;
        }
        catch (FirnException e) when (e.Reason == FailureReason.InvalidInput)
        {
            cookies.ForEach(cookie => cookie.Dispose());
            string line = lines.Count > 1 ? $", line {cookies.Count + 1}" : "";
            throw new FirnException(FailureReason.InvalidInput, $"{where}{line}: {e.Message}", e);
        }
    }

    /// <summary>Where the lines are, each with its newline.</summary>
    public static List<Range> Lines(ReadOnlySpan<byte> text)
    {
        var lines = new List<Range>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            int newLine = text[start..].IndexOf(NewLine);
            end = newLine < 0 ? text.Length : start + newLine + 1;
            lines.Add(start..end);
        }

        return lines;
    }

    /// <summary>The line of the cookie <paramref name="utf8"/>, as it was typed or piped; a newline at its end does not count.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not one cookie.</exception>
    public static byte[] ToLine(ReadOnlySpan<byte> utf8)
    {
        ParseOne(utf8).Dispose();
        utf8 = WithoutNewLine(utf8);
        if (utf8.Contains(NewLine))
            throw Invalid("That is more than one line: expected one cookie.");
        return AddNewLine(utf8);
    }

    /// <summary>The line of a strong cookie.</summary>
    public static byte[] ToLine(CookieKey key)
    {
        byte[] cookie = Cookie.GenerateUtf8(key.Bytes);
        byte[] line = AddNewLine(cookie);
        CryptographicOperations.ZeroMemory(cookie);
        return line;
    }

    /// <summary>The line of a new strong cookie.</summary>
    public static byte[] NewCookie()
    {
        using var random = new SecretBuffer(CookieKey.Length);
        RandomNumberGenerator.Fill(random.Room);
        using var key = new CookieKey(random.Room, isPassphrase: false);
        return ToLine(key);
    }

    /// <summary>Whether two lines are the same cookie, in constant time.</summary>
    public static bool AreSame(ReadOnlySpan<byte> line, ReadOnlySpan<byte> other) =>
        CryptographicOperations.FixedTimeEquals(WithoutNewLine(line), WithoutNewLine(other));

    public static ReadOnlySpan<byte> WithoutNewLine(ReadOnlySpan<byte> line)
    {
        line = line is [.., NewLine] ? line[..^1] : line;
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    /// <summary>The new line, and behind it those of <paramref name="all"/> that stay; the last one in a file may lack its newline.</summary>
    public static byte[] Join(ReadOnlySpan<byte> line, ReadOnlySpan<byte> all, IEnumerable<Range> kept)
    {
        using var text = new SecretBuffer(line.Length + all.Length + 1);
        line.CopyTo(text.Room);
        int length = line.Length;
        foreach (var old in kept)
        {
            all[old].CopyTo(text.Room[length..]);
            length += all[old].Length;
            if (text.Room[length - 1] != NewLine)
                text.Room[length++] = NewLine;
        }

        return SecretBuffer.Pinned(text.Room[..length]);
    }

    private static byte[] AddNewLine(ReadOnlySpan<byte> cookie)
    {
        byte[] line = SecretBuffer.Pinned(cookie.Length + 1);
        cookie.CopyTo(line);
        line[^1] = NewLine;
        return line;
    }

    private static Cookie ParseOne(ReadOnlySpan<byte> line)
    {
        char[] text = GC.AllocateUninitializedArray<char>(Strict.GetMaxCharCount(line.Length), pinned: true);
        try
        {
            return Cookie.Parse(text.AsSpan(0, Strict.GetChars(line, text)));
        }
        catch (DecoderFallbackException)
        {
            throw Invalid("The cookie is not UTF-8: expected firn_ and 43 characters, or a passphrase.");
        }
        finally
        {
            Array.Clear(text);
        }
    }

    private static FirnException Invalid(string message) => new(FailureReason.InvalidInput, message);
}
