using System.Security.Cryptography;
using System.Text;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>
/// The directory of one user's nodes on a machine: their cookie, and under <c>nodes/</c> what each node keeps. What goes wrong
/// with files is a <see cref="FirnException"/> of <see cref="FailureReason.HomeUnusable"/> that says what to do.
/// </summary>
internal sealed class FirnHome
{
    private const int MaxCookieBytes = 8 * 1024;

    private FirnHome(string path) => Path = path;

    /// <summary>The full path, without a separator at its end.</summary>
    public string Path { get; }

    /// <summary>Where the cookie of this home lies.</summary>
    public string CookiePath => In("cookie");

    /// <summary>
    /// <c>$FIRN_HOME</c>, else <c>$XDG_CONFIG_HOME/firn</c>, else <c>~/.config/firn</c>; on Windows <c>%APPDATA%\firn</c>.
    /// </summary>
    public static string DefaultPath(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        if (environment("FIRN_HOME") is { Length: > 0 } chosen)
            return chosen;
        if (OperatingSystem.IsWindows())
            return System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "firn");

        // XDG Base Directory Specification: a relative path is invalid and ignored.
        if (environment("XDG_CONFIG_HOME") is { } config && System.IO.Path.IsPathRooted(config))
            return System.IO.Path.Combine(config, "firn");
        if (environment("HOME") is { Length: > 0 } user)
            return System.IO.Path.Combine(user, ".config", "firn");
        throw PrivateFiles.Unusable("There is no home directory: neither HOME nor XDG_CONFIG_HOME is set. Set FIRN_HOME.");
    }

    /// <summary>Opens the home at <paramref name="path"/> (the default one when null) and creates it for this user only.</summary>
    public static FirnHome Open(string? path = null)
    {
        path ??= DefaultPath();
        var full = PrivateFiles.Guard(path, () => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        PrivateFiles.EnsureDirectory(full);
        return new FirnHome(full);
    }

    /// <summary>The cookie of this home, made on first use. Nodes that start at the same instant get the same one.</summary>
    public Cookie ReadCookie()
    {
        if (TryReadCookie(CookiePath) is { } cookie)
            return cookie;

        TryWriteCookie(overwrite: false, NewCookie());
        return ReadCookie(CookiePath);
    }

    /// <summary>The cookie in the file <paramref name="path"/>, refused when other users can read it.</summary>
    public static Cookie ReadCookie(string path) =>
        TryReadCookie(path) ?? throw PrivateFiles.Unusable($"The cookie file {path} does not exist.");

    /// <summary>The text of this home's cookie as UTF-8, for its owner to see and wipe; made on first use.</summary>
    public byte[] ReadCookieText()
    {
        ReadCookie().Dispose();
        return PrivateFiles.TryReadSecret(CookiePath, MaxCookieBytes) ?? throw PrivateFiles.Unusable($"{CookiePath} has gone.");
    }

    /// <summary>Makes <paramref name="text"/> the cookie of this home; false when it has one and is not to lose it.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a cookie.</exception>
    public bool WriteCookie(ReadOnlySpan<char> text, bool overwrite)
    {
        Cookie.Parse(text).Dispose();
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return TryWriteCookie(overwrite, bytes);
    }

    /// <summary>A path inside this home.</summary>
    public string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    private bool TryWriteCookie(bool overwrite, byte[] text)
    {
        using var line = new SecretBuffer(text.Length + 1);
        text.CopyTo(line.Room);
        line.Room[text.Length] = (byte)'\n';
        line.Length = text is [.., (byte)'\n'] ? text.Length : text.Length + 1;
        CryptographicOperations.ZeroMemory(text);
        if (!overwrite)
            return PrivateFiles.TryCreate(CookiePath, line.Bytes);
        PrivateFiles.Replace(CookiePath, line.Bytes);
        return true;
    }

    private static byte[] NewCookie()
    {
        using var random = new SecretBuffer(CookieKey.Length);
        RandomNumberGenerator.Fill(random.Room);
        return Cookie.GenerateUtf8(random.Room);
    }

    private static Cookie? TryReadCookie(string path)
    {
        if (PrivateFiles.TryReadSecret(path, MaxCookieBytes) is not { } bytes)
            return null;

        var text = GC.AllocateUninitializedArray<char>(Encoding.UTF8.GetMaxCharCount(bytes.Length), pinned: true);
        try
        {
            int length = Encoding.UTF8.GetChars(bytes, text);
            return Cookie.Parse(text.AsSpan(0, length));
        }
        catch (FirnException e) when (e.Reason == FailureReason.InvalidInput)
        {
            throw new FirnException(FailureReason.InvalidInput, $"{path}: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            Array.Clear(text);
        }
    }
}
