using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>The terminal that this process was started from, whatever its standard streams are; on Linux and macOS (termios(3)).</summary>
internal static class UnixTerminal
{
    private const int ReadWrite = 2;
    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMacOS = 0x1000000;
    private const int SetAfterFlush = 2;   // TCSAFLUSH: what was typed before the prompt is no answer to it
    private const int SizeOfTermios = 128;   // 60 on Linux, 72 on macOS
    private const uint Echo = 8;   // ECHO in c_lflag
    private const int MaxLine = 4096;   // MAX_CANON and a newline: a longer one does not come from a terminal

    private static int LocalFlagsOffset => OperatingSystem.IsMacOS() ? 24 : 12;

    /// <summary>Why nobody can be asked; null when somebody can.</summary>
    public static string? WhyNot()
    {
        int file = OpenTerminal();
        if (file < 0)
            return "there is none";
        bool isForeground = ForegroundGroup(file) == OwnGroup();
        _ = Close(file);
        return isForeground ? null : "this runs in the background";   // where reading would stop it
    }

    /// <summary>Shows <paramref name="prompt"/> and reads a line that is not shown, without its newline; returns its length.</summary>
    /// <exception cref="OperationCanceledException">Stopped; the terminal echoes again.</exception>
    public static int ReadHidden(string prompt, Span<byte> line, CancellationToken stop)
    {
        int file = OpenTerminal();
        byte[] attributes = new byte[SizeOfTermios];
        if (file < 0 || GetAttributes(file, attributes) != 0)
            throw Failure();

        // Whoever waits in read(2) cannot be called back: after a stop it is left behind, with the buffer and the file.
        var buffer = new SecretBuffer(MaxLine);
        bool isLeftBehind = false;
        try
        {
            SetAttributes(file, Silent(attributes));
            Show(file, prompt);
            Task.Run(() => ReadLine(file, buffer), CancellationToken.None).WaitAsync(stop).GetAwaiter().GetResult();
            return buffer.Bytes.TryCopyTo(line)
                ? buffer.Length
                : throw new FirnException(FailureReason.InvalidInput, $"that has {buffer.Length} bytes: expected at most {line.Length}");
        }
        catch (OperationCanceledException)
        {
            isLeftBehind = true;
            throw;
        }
        finally
        {
            SetAttributes(file, attributes);
            Show(file, "\n");
            if (!isLeftBehind)
            {
                _ = Close(file);
                buffer.Dispose();
            }
        }
    }

    private static byte[] Silent(byte[] attributes)
    {
        byte[] silent = [.. attributes];
        var flags = silent.AsSpan(LocalFlagsOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(flags, BinaryPrimitives.ReadUInt32LittleEndian(flags) & ~Echo);
        return silent;
    }

    private static void ReadLine(int file, SecretBuffer buffer)
    {
        int length = 0;
        while (length < MaxLine && !buffer.Room[..length].EndsWith("\n"u8))
        {
            nint read = Read(file, ref buffer.Room[length], MaxLine - length);
            if (read < 0)
                throw Failure();
            if (read == 0)
                break;   // Ctrl-D
            length += (int)read;
        }

        buffer.Length = buffer.Room[..length].EndsWith("\n"u8) ? length - 1 : length;
    }

    private static void SetAttributes(int file, byte[] attributes)
    {
        if (SetAttributes(file, SetAfterFlush, attributes) != 0)
            throw Failure();
    }

    private static void Show(int file, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (Write(file, bytes, bytes.Length) < 0)
            throw Failure();
    }

    private static int OpenTerminal() =>
        Open(Encoding.ASCII.GetBytes("/dev/tty\0"), ReadWrite | (OperatingSystem.IsMacOS() ? CloseOnExecMacOS : CloseOnExecLinux));

    private static FirnException Failure() => new(
        FailureReason.Unsupported, $"the terminal cannot be asked: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int file);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Read(int file, ref byte buffer, nint count);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(int file, byte[] buffer, nint count);

    [DllImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetAttributes(int file, byte[] attributes);

    [DllImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAttributes(int file, int when, byte[] attributes);

    [DllImport("libc", EntryPoint = "tcgetpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ForegroundGroup(int file);

    [DllImport("libc", EntryPoint = "getpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OwnGroup();
}
