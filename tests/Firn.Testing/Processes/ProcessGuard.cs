using System.Diagnostics;

namespace Firn.Testing;

/// <summary>
/// Kills the process groups of this test host if it dies without doing so itself. A small shell in a session of its own holds the
/// reading end of a pipe from this process; when that closes, for whatever reason, it kills the groups that are still watched.
/// (PR_SET_PDEATHSIG would follow the thread that started a child, not the process, and spare the child's own children.)
/// </summary>
internal sealed class ProcessGuard : IDisposable
{
    private const string Script = """
        exec >/dev/null 2>&1
        groups=
        while read -r verb group; do
            case $verb in
            watch) groups="$groups $group" ;;
            release) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
            esac
        done
        for g in $groups; do kill -KILL "-$g" || kill -KILL "$g"; done
        """;

    private static readonly Lazy<ProcessGuard> Shared = new();

    private readonly Lock _lock = new();
    private readonly Process _shell;

    public ProcessGuard()
    {
        _shell = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Script]) { RedirectStandardInput = true })!;
        _shell.StandardInput.AutoFlush = true;
    }

    /// <summary>The guard that lives as long as this process.</summary>
    public static ProcessGuard OfThisHost => Shared.Value;

    public void Watch(int group) => Tell("watch", group);

    public void Release(int group) => Tell("release", group);

    /// <summary>Closes the pipe, as the end of the process does.</summary>
    public void Dispose() => _shell.StandardInput.Dispose();

    private void Tell(string verb, int group)
    {
        lock (_lock)
        {
            _shell.StandardInput.Write($"{verb} {group}\n");
        }
    }
}
