namespace Firn.Identity;

/// <summary>
/// The directory of one user's nodes on a machine: their cookie, and under <c>nodes/</c> what each node keeps. What goes wrong
/// with files is a <see cref="FirnException"/> of <see cref="FailureReason.HomeUnusable"/> that says what to do.
/// </summary>
internal sealed class FirnHome
{
    private FirnHome(string path)
    {
        Path = path;
        (Cookies, Trust, Rotations) = (new CookieStore(this), new TrustStore(this), new RotationStore(this));
    }

    /// <summary>The full path, without a separator at its end.</summary>
    public string Path { get; }

    /// <summary>Where the cookies of this home lie.</summary>
    public string CookiePath => In("cookie");

    /// <summary>The cookies of this home.</summary>
    public CookieStore Cookies { get; }

    /// <summary>The keys that the nodes of this home trust.</summary>
    public TrustStore Trust { get; }

    /// <summary>The rotations of keys that the nodes of this home have seen.</summary>
    public RotationStore Rotations { get; }

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

    /// <summary>As <see cref="Open"/>, but null where there is none: nothing is made.</summary>
    public static FirnHome? TryOpen(string? path = null)
    {
        path ??= DefaultPath();
        return Directory.Exists(path) ? Open(path) : null;
    }

    /// <summary>A path inside this home.</summary>
    public string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);
}
