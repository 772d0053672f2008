using System.Text;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>What came of making one cookie the only one.</summary>
internal enum CookieWrite
{
    /// <summary>It is.</summary>
    Written,

    /// <summary>It is there already, and proves; nothing was changed.</summary>
    IsThere,

    /// <summary>Another one is there; nothing was changed.</summary>
    AnotherIsThere,
}

/// <summary>
/// The cookies of a home, in <c>&lt;home&gt;/cookie</c>: one a line, so that a file with one cookie is what it always was. The first
/// proves, all verify. Every change is one replacement of the file under the home's lock.
/// </summary>
internal sealed class CookieStore(FirnHome home)
{
    private const int MaxBytes = 40 * 1024;   // eight passphrases of 1,024 characters

    /// <summary>The cookies of the home, for the caller to dispose of; one is made on first use. Nodes that start at the same instant get the same.</summary>
    public IReadOnlyList<Cookie> Read()
    {
        if (TryRead(home.CookiePath) is { } cookies)
            return cookies;

        Generate(overwrite: false);
        return Read(home.CookiePath);
    }

    /// <summary>The cookies in the file <paramref name="path"/>, refused when other users can read it.</summary>
    public static IReadOnlyList<Cookie> Read(string path) =>
        TryRead(path) ?? throw PrivateFiles.Unusable($"The cookie file {path} does not exist.");

    /// <summary>The cookies of a text of the same form.</summary>
    public static IReadOnlyList<Cookie> Parse(string text)
    {
        using var bytes = new SecretBuffer(Encoding.UTF8.GetByteCount(text));
        bytes.Length = Encoding.UTF8.GetBytes(text, bytes.Room);
        return CookieText.Parse(bytes.Bytes, "The option Cookie");
    }

    /// <summary>All of the file as UTF-8, pinned, for its owner to see and wipe; made on first use.</summary>
    public byte[] ReadText()
    {
        Dispose(Read());
        return PrivateFiles.TryReadSecret(home.CookiePath, MaxBytes) ?? throw PrivateFiles.Unusable($"{home.CookiePath} has gone.");
    }

    /// <summary>The text of the cookie that proves, without its newline, and how many there are; one is made on first use.</summary>
    public SecretBuffer ReadProving(out int count)
    {
        using var text = new SecretBuffer(ReadText());
        var lines = CookieText.Lines(text.Bytes);
        count = lines.Count;
        return new SecretBuffer(SecretBuffer.Pinned(CookieText.WithoutNewLine(text.Bytes[lines[0]])));
    }

    /// <summary>Makes a new cookie the only one, unless there are some and they are not to be lost.</summary>
    public CookieWrite Generate(bool overwrite) => WriteLine(CookieText.NewCookie(), overwrite);

    /// <summary>Makes <paramref name="utf8"/> the only cookie, unless there is another and it is not to be lost.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a cookie.</exception>
    public CookieWrite Write(ReadOnlySpan<byte> utf8, bool overwrite) => WriteLine(CookieText.ToLine(utf8), overwrite);

    /// <summary>Makes the strong cookie of <paramref name="key"/> the only one; false when there are some.</summary>
    public bool TryAdopt(CookieKey key) => WriteLine(CookieText.ToLine(key), overwrite: false) == CookieWrite.Written;

    /// <summary>Makes a new cookie that proves from now on; those that were there still verify. Says how many those are.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: there are too many.</exception>
    public int Rotate() => Prepend(CookieText.NewCookie()) ?? throw new InvalidOperationException("256 random bits came twice.");

    /// <summary>Makes <paramref name="utf8"/> the cookie that proves; those that are there still verify. False if it is that already.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a cookie, or there are too many.</exception>
    public bool Add(ReadOnlySpan<byte> utf8) => Prepend(CookieText.ToLine(utf8)) is not null;

    /// <summary>Drops all cookies but the one that proves; says how many there were.</summary>
    public int Retire()
    {
        using (HomeLock.Take(home))
        {
            using var all = ReadAll();
            var lines = CookieText.Lines(all.Bytes);
            if (lines.Count > 1)
                PrivateFiles.Replace(home.CookiePath, all.Bytes[lines[0]]);
            return Math.Max(0, lines.Count - 1);
        }
    }

    public static void Dispose(IEnumerable<Cookie> cookies)
    {
        foreach (var cookie in cookies)
            cookie.Dispose();
    }

    /// <summary>Wipes <paramref name="line"/>.</summary>
    private CookieWrite WriteLine(byte[] line, bool overwrite)
    {
        using var wiped = new SecretBuffer(line);
        using (HomeLock.Take(home))
        {
            if (overwrite)
            {
                PrivateFiles.Replace(home.CookiePath, line);
                return CookieWrite.Written;
            }

            if (PrivateFiles.TryCreate(home.CookiePath, line))
                return CookieWrite.Written;
            using var all = ReadAll();
            var lines = CookieText.Lines(all.Bytes);
            return lines.Count > 0 && CookieText.AreSame(all.Bytes[lines[0]], line) ? CookieWrite.IsThere : CookieWrite.AnotherIsThere;
        }
    }

    /// <summary>Puts <paramref name="line"/> before those that are there, and wipes it. Says how many those are; null if it is the first already.</summary>
    private int? Prepend(byte[] line)
    {
        using var wiped = new SecretBuffer(line);
        using (HomeLock.Take(home))
        {
            Dispose(TryRead(home.CookiePath) ?? []);   // a file that is damaged is not made worse
            using var all = ReadAll();
            var lines = CookieText.Lines(all.Bytes);
            if (lines.Count > 0 && CookieText.AreSame(all.Bytes[lines[0]], line))
                return null;

            lines.RemoveAll(old => CookieText.AreSame(all.Bytes[old], line));
            if (lines.Count >= Keyring.MaxKeys)
            {
                throw new FirnException(
                    FailureReason.InvalidInput,
                    $"{home.CookiePath} holds {lines.Count} cookies already, which is the most: firn cookie retire drops all but the first.");
            }

            using var joined = new SecretBuffer(CookieText.Join(line, all.Bytes, lines));
            PrivateFiles.Replace(home.CookiePath, joined.Bytes);
            return lines.Count;
        }
    }

    private SecretBuffer ReadAll() => new(PrivateFiles.TryReadSecret(home.CookiePath, MaxBytes) ?? []);

    private static List<Cookie>? TryRead(string path)
    {
        if (PrivateFiles.TryReadSecret(path, MaxBytes) is not { } bytes)
            return null;

        using var text = new SecretBuffer(bytes);
        return CookieText.Parse(text.Bytes, path);
    }
}
