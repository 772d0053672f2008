using Firn.Transports;

namespace Firn.Testing;

/// <summary>What a test needs from the machine, as the reason to skip it where that is missing.</summary>
internal static class Prerequisites
{
    private static readonly Lazy<string?> Namespaces = new(ProbeNamespaces);

    /// <summary>Null when all of these programs are there. In CI, too: there a missing program fails the tests that need it.</summary>
    public static string? MissingTools(params IEnumerable<string> programs)
    {
        string[] missing = [.. programs.Where(program => !IsOnPath(program))];
        return missing.Length == 0 || Environment.GetEnvironmentVariable("CI") == "true"
            ? null
            : $"needs {string.Join(" and ", missing)}, not installed here (./test as root installs it on Debian)";
    }

    /// <summary>Null when network namespaces and TUN devices can be made.</summary>
    public static string? MissingForNamespaces() => Namespaces.Value;

    /// <summary>Null when a file system can be mounted in a mount namespace.</summary>
    public static string? MissingForMounts()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "needs root on Linux to mount a file system";
        }

        if (MissingTools("unshare", "mount") is { } missing)
        {
            return missing;
        }

        CommandResult tried = ChildProcess.RunAsync("unshare", ["--mount", "mount", "-t", "tmpfs", "firn", "/mnt"]).GetAwaiter().GetResult();
        return tried.ExitCode == 0 ? null : $"needs to mount a file system, which is refused here: {tried.Errors}";
    }

    /// <summary>Null when QUIC can be spoken. No package that every machine can have brings it, so in CI, too, a test without it is skipped.</summary>
    public static string? MissingQuic() => QuicSupport.IsThere ? null : QuicSupport.Missing;

    private static string? ProbeNamespaces()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "needs the network namespaces of Linux";
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return "needs root to make network namespaces";
        }

        if (!File.Exists("/dev/net/tun"))
        {
            return "needs TUN devices, and there is no /dev/net/tun";
        }

        return MissingTools("ip", "setsid") ?? ProbeCreation();
    }

    /// <summary>Root in a container may still not make namespaces.</summary>
    private static string? ProbeCreation()
    {
        if (!IsOnPath("ip"))
        {
            return null;
        }

        string name = $"firn-test-{Environment.ProcessId}-probe";
        CommandResult added = ChildProcess.RunAsync("ip", ["netns", "add", name]).GetAwaiter().GetResult();
        ChildProcess.RunAsync("ip", ["netns", "delete", name]).GetAwaiter().GetResult();
        return added.ExitCode == 0 ? null : $"needs to make network namespaces, which is refused here: {added.Errors}";
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, program)));
}
