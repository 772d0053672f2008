using System.Runtime.InteropServices;
using System.Text;

namespace Firn.Identity;

/// <summary>The two calls that the BCL does not offer: making a name that must be new, and syncing a directory.</summary>
internal static class Posix
{
    private const int FileExists = 17;   // EEXIST, the same number on Linux and macOS
    private const int InvalidArgument = 22;   // EINVAL: this file system cannot sync directories
    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMacOS = 0x1000000;

    /// <summary>
    /// Gives <paramref name="existing"/> the further name <paramref name="name"/>; false when that name is taken, null when
    /// the file system knows no hard links.
    /// </summary>
    public static bool? TryLink(string existing, string name)
    {
        if (Link(ToNative(existing), ToNative(name)) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == FileExists ? false : null;
    }

    /// <summary>Makes the names in <paramref name="directory"/> survive a power cut.</summary>
    public static void SyncDirectory(string directory)
    {
        int file = Open(ToNative(directory), OperatingSystem.IsMacOS() ? CloseOnExecMacOS : CloseOnExecLinux);
        if (file < 0)
            throw Failure(directory);
        try
        {
            if (Sync(file) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
                throw Failure(directory);
        }
        finally
        {
            _ = Close(file);
        }
    }

    private static IOException Failure(string path) => new($"{Marshal.GetLastPInvokeErrorMessage()} : '{path}'");

    private static byte[] ToNative(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    private static extern int Link(byte[] existing, byte[] name);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Sync(int file);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int file);
}
