using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Firn.AspNetCore;

/// <summary>Who is at the other end of a Unix socket, in the kernel's words.</summary>
internal static class PeerCredentials
{
    // Linux: socket(7) SO_PEERCRED fills struct ucred { pid, uid, gid }.
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>
    /// Whether this process's user or root is there. Where the kernel cannot be asked (neither Linux, macOS nor a BSD) the
    /// mode of the socket and of its directory is the guard.
    /// </summary>
    public static bool IsOwnUserOrRoot(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            Span<byte> ucred = stackalloc byte[12];
            int length = socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred);
            return length == ucred.Length && Admits(MemoryMarshal.Read<uint>(ucred[4..]), EffectiveUser());
        }

        if (OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD())
            return GetPeerUser((int)socket.Handle, out uint user, out _) == 0 && Admits(user, EffectiveUser());

        return true;
    }

    /// <summary>The rule: the same user, or root.</summary>
    public static bool Admits(uint user, uint self) => user == self || user == 0;

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();

    [DllImport("libc", EntryPoint = "getpeereid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetPeerUser(int socket, out uint user, out uint group);
}
