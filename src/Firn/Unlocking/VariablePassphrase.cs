using System.Runtime.InteropServices;
using System.Text;
using Firn.Identity;

namespace Firn.Unlocking;

/// <summary>
/// A passphrase in <c>FIRN_PASSPHRASE</c>. It is taken out of the environment when it is first looked for, so that no child inherits it
/// and <c>/proc/PID/environ</c> does not show it. The runtime has made copies by then that nobody can wipe: a file is better.
/// </summary>
internal sealed class VariablePassphrase : PassphraseSource
{
    public const string Variable = "FIRN_PASSPHRASE";

    private static readonly Lock Taking = new();
    private static SecretBuffer? _taken;

    public VariablePassphrase() => Take();

    public override string Name => Variable;

    public override string? WhyNot => Take() is null ? "not set" : null;

    public override int Read(PassphraseRequest request, Span<byte> passphrase)
    {
        lock (Taking)
        {
            var bytes = _taken is null ? [] : _taken.Bytes;
            if (bytes.Length > passphrase.Length)
                throw new FirnException(FailureReason.InvalidInput, $"{Variable} has {bytes.Length} bytes: expected at most {passphrase.Length}.");
            bytes.CopyTo(passphrase);
            return bytes.Length;
        }
    }

    /// <summary>Takes the variable out of the environment, if it is there, and keeps what it held; null when it held nothing.</summary>
    public static SecretBuffer? Take()
    {
        lock (Taking)
        {
            if ((OperatingSystem.IsWindows() ? TakeOnWindows() : TakeOnUnix()) is { } found)
            {
                _taken?.Dispose();
                _taken = found;
            }

            return _taken;
        }
    }

    /// <summary>Wipes what was taken, when no further identity is to be unlocked.</summary>
    public static void Forget()
    {
        lock (Taking)
        {
            _taken?.Dispose();
            _taken = null;
        }
    }

    private static SecretBuffer? TakeOnWindows()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        if (string.IsNullOrEmpty(text))
            return null;

        var secret = new SecretBuffer(Encoding.UTF8.GetByteCount(text));
        secret.Length = Encoding.UTF8.GetBytes(text, secret.Room);
        return secret;
    }

    /// <summary>From the memory of the environment itself, wiped there: no string is made of it.</summary>
    private static SecretBuffer? TakeOnUnix()
    {
        byte[] name = Encoding.ASCII.GetBytes(Variable + '\0');
        nint value = GetVariable(name);
        if (value == 0)
            return null;

        int length = 0;
        while (Marshal.ReadByte(value, length) != 0)
            length++;
        var secret = new SecretBuffer(length);
        for (int i = 0; i < length; i++)
        {
            secret.Room[i] = Marshal.ReadByte(value, i);
            Marshal.WriteByte(value, i, 0);
        }

        // .NET reads the environment at most once: before it did, the first call is what counts, afterwards the second.
        _ = RemoveVariable(name);
        Environment.SetEnvironmentVariable(Variable, null);
        secret.Length = length;
        return length > 0 ? secret : null;
    }

    [DllImport("libc", EntryPoint = "getenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint GetVariable(byte[] name);

    [DllImport("libc", EntryPoint = "unsetenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RemoveVariable(byte[] name);
}
