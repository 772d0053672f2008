using System.Security.Cryptography;
using System.Text;

namespace Firn.Identity;

/// <summary>Where a node's control socket lies: the same for a node at each start, and no other node's.</summary>
internal static class ControlSocketPath
{
    private const int MaxLength = 100;   // sun_path holds 104 bytes on macOS, 108 on Linux

    /// <summary>
    /// <c>$XDG_RUNTIME_DIR/firn/</c>, else <c>&lt;home&gt;/run/</c>, else, where that is too long for a socket, a directory with a
    /// short hashed name; made for this user only. On Windows the name of a pipe.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: the directory cannot be made, or is not private.</exception>
    public static string For(FirnHome home, NodeName name, Func<string, string?>? environment = null)
    {
        var path = Locate(home, name, environment);
        if (!OperatingSystem.IsWindows())
            EnsurePrivate(Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>As <see cref="For"/>, without making anything.</summary>
    public static string Locate(FirnHome home, NodeName name, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var id = Hash($"{home.Path}\0{name}");
        if (OperatingSystem.IsWindows())
            return $"firn-{id}";

        // The hash covers the home as well: two homes of one user share the runtime directory.
        bool hasRuntime = environment("XDG_RUNTIME_DIR") is { } runtime && Path.IsPathRooted(runtime) && Directory.Exists(runtime);
        var directory = hasRuntime ? Path.Combine(environment("XDG_RUNTIME_DIR")!, "firn") : home.In("run");
        if (Encoding.UTF8.GetByteCount(Path.Combine(directory, FileName(id))) > MaxLength)
            directory = ShortDirectory(home);
        return Path.Combine(directory, FileName(id));
    }

    private static string FileName(string id) => id + ".sock";

    /// <summary>
    /// In a place where anybody can make a directory, root must not take over one that somebody else made: root gets one that only
    /// root can write. Anybody else cannot enter a private directory of another user.
    /// </summary>
    private static string ShortDirectory(FirnHome home) =>
        Path.Combine(Environment.IsPrivilegedProcess && Directory.Exists("/run") ? "/run" : "/tmp", $"firn-{Hash(home.Path)}");

    private static void EnsurePrivate(string directory)
    {
        PrivateFiles.EnsureDirectory(directory);
        if (new DirectoryInfo(directory).LinkTarget is not null)
            throw PrivateFiles.Unusable($"{directory} is a link: remove it.");
        PrivateFiles.CloseToOthers(directory);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
}
