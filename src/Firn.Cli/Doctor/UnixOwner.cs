using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Firn.Cli;

/// <summary>Whose a file is: statx(2), whose layout is the same on every Linux. Elsewhere nobody can tell.</summary>
internal static class UnixOwner
{
    private const int CurrentDirectory = -100;   // AT_FDCWD
    private const uint Owner = 0x8;   // STATX_UID
    private const int SizeOfStatx = 256;
    private const int OwnerOffset = 20;   // stx_uid

    /// <summary>Whether <paramref name="path"/> is this user's; null when that cannot be told.</summary>
    public static bool? IsMine(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;

        try
        {
            var found = new byte[SizeOfStatx];
            return Statx(CurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), 0, Owner, found) == 0
                ? BinaryPrimitives.ReadUInt32LittleEndian(found.AsSpan(OwnerOffset)) == EffectiveUser()
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;   // an old C library
        }
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int Statx(int directory, byte[] path, int flags, uint mask, byte[] found);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint EffectiveUser();
}
