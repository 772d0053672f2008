using System.Globalization;
using System.Text;

namespace Firn.Identity;

/// <summary>
/// The proof that a node runs: an exclusive lock on <c>lock</c> in its directory (flock on Unix), which the system drops when the
/// process ends, however it ends.
/// </summary>
internal sealed class NodeLock : IDisposable
{
    private const int Attempts = 5;
    private const int MaxOwnerBytes = 32;
    private const int MillisecondsBetweenAttempts = 10;

    private readonly FileStream _file;
    private readonly string _directory;

    private NodeLock(FileStream file, string directory) => (_file, _directory) = (file, directory);

    /// <summary>Takes the lock of the node in <paramref name="directory"/>; null when a process holds it.</summary>
    /// <remarks>Tries for some 40 ms, since who lists the running nodes may be holding it for an instant.</remarks>
    public static NodeLock? TryTake(string directory, Action? pause = null)
    {
        pause ??= static () => Thread.Sleep(MillisecondsBetweenAttempts);
        for (int attempt = 1; ; attempt++)
        {
            if (TryOpen(directory, FileMode.OpenOrCreate) is { } file)
                return new NodeLock(file, directory);
            if (attempt == Attempts)
                return null;
            pause();
        }
    }

    /// <summary>
    /// Whether a process holds the lock. When none does, <paramref name="whenFree"/> runs while none can take it.
    /// </summary>
    public static bool IsHeld(string directory, Action whenFree)
    {
        try
        {
            using var file = TryOpen(directory, FileMode.Open);
            if (file is null)
                return true;
            whenFree();
            return false;
        }
        catch (FirnException e) when (e.InnerException is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Notes which process this is, for <see cref="ReadOwner"/>.</summary>
    public void WriteOwner() => PrivateFiles.Replace(OwnerPath(_directory), Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));

    /// <summary>The process that last took the lock; null when unknown.</summary>
    public static int? ReadOwner(string directory) =>
        PrivateFiles.TryRead(OwnerPath(directory), MaxOwnerBytes) is { } bytes
        && int.TryParse(bytes.AsSpan().TrimEnd((byte)'\n'), NumberStyles.None, CultureInfo.InvariantCulture, out int process)
            ? process
            : null;

    public void Dispose() => _file.Dispose();

    private static FileStream? TryOpen(string directory, FileMode mode)
    {
        var path = Path.Combine(directory, "lock");
        return PrivateFiles.Guard(path, () =>
        {
            try
            {
                return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (IsSharingViolation(e))
            {
                return null;
            }
        });
    }

    /// <summary>ERROR_SHARING_VIOLATION on Windows; on Unix the errno of flock, EAGAIN (35 on macOS).</summary>
    private static bool IsSharingViolation(IOException e) => e.HResult == (
        OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11);

    private static string OwnerPath(string directory) => Path.Combine(directory, "pid");
}
