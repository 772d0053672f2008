using System.Security.Cryptography;
using System.Text;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>
/// The cookies of a home, in <c>&lt;home&gt;/cookie</c>: one a line, so that a file with one cookie is what it always was. The first
/// proves, all verify. Every change is one replacement of the file under the home's lock.
/// </summary>
internal sealed class CookieStore(FirnHome home)
{
    private const int MaxBytes = 40 * 1024;   // eight passphrases of 1,024 characters

    private const byte NewLine = (byte)'\n';

    /// <summary>The cookies of the home, for the caller to dispose of; one is made on first use. Nodes that start at the same instant get the same.</summary>
    public IReadOnlyList<Cookie> Read()
    {
        if (TryRead(home.CookiePath) is { } cookies)
            return cookies;

        Save(Generate(), overwrite: false);
        return Read(home.CookiePath);
    }

    /// <summary>The cookies in the file <paramref name="path"/>, refused when other users can read it.</summary>
    public static IReadOnlyList<Cookie> Read(string path) =>
        TryRead(path) ?? throw PrivateFiles.Unusable($"The cookie file {path} does not exist.");

    /// <summary>The cookies of a text of the same form.</summary>
    public static IReadOnlyList<Cookie> Parse(string text)
    {
        var bytes = SecretBuffer.Pinned(Encoding.UTF8.GetByteCount(text));
        try
        {
            Encoding.UTF8.GetBytes(text, bytes);
            return Parse(bytes, "The option Cookie");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>All of the file as UTF-8, for its owner to see and wipe; made on first use.</summary>
    public byte[] ReadText()
    {
        Dispose(Read());
        return PrivateFiles.TryReadSecret(home.CookiePath, MaxBytes) ?? throw PrivateFiles.Unusable($"{home.CookiePath} has gone.");
    }

    /// <summary>Makes <paramref name="text"/> the only cookie; false when there are some and they are not to be lost.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a cookie.</exception>
    public bool Write(ReadOnlySpan<char> text, bool overwrite)
    {
        byte[] line = ToLine(text);
        using (HomeLock.Take(home))
            return Save(line, overwrite);
    }

    /// <summary>Makes the strong cookie of <paramref name="key"/> the only one; false when there are some.</summary>
    public bool TryAdopt(CookieKey key)
    {
        byte[] line = ToLine(key.Bytes);
        using (HomeLock.Take(home))
            return Save(line, overwrite: false);
    }

    /// <summary>Makes a new cookie that proves from now on; those that are there still verify.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: there are too many.</exception>
    public void Rotate() => Prepend(Generate());

    /// <summary>Makes <paramref name="text"/> the cookie that proves; those that are there still verify. False if it is that already.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a cookie, or there are too many.</exception>
    public bool Add(ReadOnlySpan<char> text) => Prepend(ToLine(text));

    /// <summary>Drops all cookies but the one that proves; says how many there were.</summary>
    public int Retire()
    {
        using (HomeLock.Take(home))
        {
            byte[] all = PrivateFiles.TryReadSecret(home.CookiePath, MaxBytes) ?? [];
            var lines = Lines(all);
            if (lines.Count > 1)
                Save(SecretBuffer.Pinned(all.AsSpan()[lines[0]]), overwrite: true);
            CryptographicOperations.ZeroMemory(all);
            return Math.Max(0, lines.Count - 1);
        }
    }

    public static void Dispose(IEnumerable<Cookie> cookies)
    {
        foreach (var cookie in cookies)
            cookie.Dispose();
    }

    private bool Prepend(byte[] line)
    {
        using (HomeLock.Take(home))
        {
            Dispose(TryRead(home.CookiePath) ?? []);   // a file that is damaged is not made worse
            byte[] all = PrivateFiles.TryReadSecret(home.CookiePath, MaxBytes) ?? [];
            var lines = Lines(all);
            try
            {
                if (lines.Count > 0 && Matches(all, lines[0], line))
                    return false;

                var kept = lines.Where(old => !Matches(all, old, line)).ToList();
                if (kept.Count >= Keyring.MaxKeys)
                {
                    throw new FirnException(
                        FailureReason.InvalidInput,
                        $"{home.CookiePath} holds {kept.Count} cookies already, which is the most: firn cookie retire drops all but the first.");
                }

                return Save(Join(line, all, kept), overwrite: true);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(all);
                CryptographicOperations.ZeroMemory(line);
            }
        }
    }

    private static List<Cookie>? TryRead(string path)
    {
        if (PrivateFiles.TryReadSecret(path, MaxBytes) is not { } bytes)
            return null;

        try
        {
            return Parse(bytes, path);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static List<Cookie> Parse(byte[] bytes, string where)
    {
        var lines = Lines(bytes);
        if (lines.Count == 0)
            lines.Add(..);   // says that it is empty
        if (lines.Count > Keyring.MaxKeys)
            throw new FirnException(FailureReason.InvalidInput, $"{where} has {lines.Count} lines: expected 1 to {Keyring.MaxKeys} cookies, one a line.");

        var cookies = new List<Cookie>();
        var text = GC.AllocateUninitializedArray<char>(Encoding.UTF8.GetMaxCharCount(bytes.Length), pinned: true);
        try
        {
            foreach (var line in lines)
            {
                int length = Encoding.UTF8.GetChars(bytes.AsSpan()[line], text);
                cookies.Add(Cookie.Parse(text.AsSpan(0, length)));
            }

            return cookies;
        }
        catch (FirnException e) when (e.Reason == FailureReason.InvalidInput)
        {
            Dispose(cookies);
            string line = lines.Count > 1 ? $", line {cookies.Count + 1}" : "";
            throw new FirnException(FailureReason.InvalidInput, $"{where}{line}: {e.Message}", e);
        }
        finally
        {
            Array.Clear(text);
        }
    }

    /// <summary>Where the lines are, each with its newline.</summary>
    private static List<Range> Lines(byte[] text)
    {
        var lines = new List<Range>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            int newLine = Array.IndexOf(text, NewLine, start);
            end = newLine < 0 ? text.Length : newLine + 1;
            lines.Add(start..end);
        }

        return lines;
    }

    private static byte[] ToLine(ReadOnlySpan<char> text)
    {
        Cookie.Parse(text).Dispose();
        text = text is [.., '\n'] ? text[..^1] : text;
        text = text is [.., '\r'] ? text[..^1] : text;
        if (text.Contains('\n'))
            throw new FirnException(FailureReason.InvalidInput, "That is more than one line: expected one cookie.");

        var bytes = SecretBuffer.Pinned(Encoding.UTF8.GetByteCount(text) + 1);
        Encoding.UTF8.GetBytes(text, bytes);
        bytes[^1] = NewLine;
        return bytes;
    }

    private static byte[] Generate()
    {
        using var random = new SecretBuffer(CookieKey.Length);
        RandomNumberGenerator.Fill(random.Room);
        return ToLine(random.Room);
    }

    private static byte[] ToLine(ReadOnlySpan<byte> secret)
    {
        byte[] cookie = Cookie.GenerateUtf8(secret);
        byte[] line = SecretBuffer.Pinned(cookie.Length + 1);
        cookie.CopyTo(line, 0);
        line[^1] = NewLine;
        CryptographicOperations.ZeroMemory(cookie);
        return line;
    }

    private static bool Matches(byte[] all, Range old, byte[] line) =>
        CryptographicOperations.FixedTimeEquals(all.AsSpan()[old].TrimEnd("\r\n"u8), line.AsSpan().TrimEnd("\r\n"u8));

    /// <summary>The new line, and behind it those that stay; the last one in the file may lack its newline.</summary>
    private static byte[] Join(byte[] line, byte[] all, List<Range> kept)
    {
        var text = SecretBuffer.Pinned(line.Length + all.Length + 1);
        line.CopyTo(text, 0);
        int length = line.Length;
        foreach (var old in kept)
        {
            all.AsSpan()[old].CopyTo(text.AsSpan(length));
            length += old.GetOffsetAndLength(all.Length).Length;
            if (text[length - 1] != NewLine)
                text[length++] = NewLine;
        }

        byte[] joined = SecretBuffer.Pinned(text.AsSpan(0, length));
        CryptographicOperations.ZeroMemory(text);
        return joined;
    }

    /// <summary>Writes <paramref name="text"/> and wipes it.</summary>
    private bool Save(byte[] text, bool overwrite)
    {
        try
        {
            if (!overwrite)
                return PrivateFiles.TryCreate(home.CookiePath, text);
            PrivateFiles.Replace(home.CookiePath, text);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
