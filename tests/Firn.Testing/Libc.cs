using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Firn.Testing;

/// <summary>The system calls of Linux that the test kit needs and .NET does not offer; section 2 of the manual describes each.</summary>
internal static partial class Libc
{
    public const int Interrupted = 4; // EINTR
    public const int InputOutputError = 5; // EIO
    public const short PollIn = 1;
    public const short PollFailed = 0x8 | 0x10 | 0x20; // POLLERR, POLLHUP, POLLNVAL
    public const int OneProcess = 1; // P_PID
    public const int Stopped = 2; // WSTOPPED
    public const int SizeOfState = 128; // of siginfo_t
    public const int CloneNewNet = 0x4000_0000;
    public const uint TunSetInterface = 0x4004_54ca;
    public const uint UnlockPty = 0x4004_5431; // TIOCSPTLCK
    public const uint GetPtyNumber = 0x8004_5430; // TIOCGPTN

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    public static partial int WaitForState(int idKind, int id, Span<byte> state, int options);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeFileHandle handle, int kind);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int IoControl(SafeFileHandle handle, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(Span<PollHandle> handles, nuint count, in PollTimeout timeout, nint signalMask);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollHandle
    {
        public int Handle;
        public short Wanted;
        public short Ready;
    }

    [StructLayout(LayoutKind.Sequential)]
    public readonly struct PollTimeout(TimeSpan timeout)
    {
        private readonly long _seconds = timeout.Ticks / TimeSpan.TicksPerSecond;
        private readonly long _nanoseconds = timeout.Ticks % TimeSpan.TicksPerSecond * 100;
    }
}
