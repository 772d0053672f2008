using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Firn.Testing;

/// <summary>
/// A terminal of Linux for a process under test: what it asks there is seen, and answered as a person would. Its standard streams stay what
/// they are.
/// </summary>
internal sealed class Pty : IDisposable
{
    private readonly FileStream _master;
    private readonly Lock _lock = new();
    private readonly StringBuilder _shown = new();
    private TaskCompletionSource _changed = NewSignal();
    private bool _ended;

    public Pty()
    {
        _master = new FileStream("/dev/ptmx", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        Span<byte> number = stackalloc byte[sizeof(int)];
        number.Clear();
        Control(Libc.UnlockPty, number);
        Control(Libc.GetPtyNumber, number);
        Path = $"/dev/pts/{BinaryPrimitives.ReadInt32LittleEndian(number)}";
        new Thread(Read) { IsBackground = true }.Start();
    }

    /// <summary>Its device.</summary>
    public string Path { get; }

    /// <summary>All that was shown so far, typed characters that were echoed included.</summary>
    public string Shown
    {
        get
        {
            lock (_lock)
            {
                return _shown.ToString();
            }
        }
    }

    /// <summary>Starts a program whose terminal this is.</summary>
    public ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
        // A session's leader without a terminal takes the first one that it opens (tty(4)).
        ChildProcess.Start("sh", ["-c", $"exec \"$@\" 3<>{Path}", "sh", program, .. arguments], environment);

    /// <summary>Waits until <paramref name="text"/> was shown, for the <paramref name="times"/>-th time, and types <paramref name="answer"/>.</summary>
    /// <exception cref="TimeoutException">It was not, under the ceiling; the message shows what was.</exception>
    /// <exception cref="EndOfStreamException">The process ended before.</exception>
    public async Task AnswerAsync(string text, string answer, int times = 1)
    {
        using var deadline = new CancellationTokenSource(ChildProcess.Ceiling);
        try
        {
            while (WhenNotShown(text, times) is { } changed)
            {
                await changed.WaitAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The terminal did not show \"{text}\" {times} times, but:\n{Shown}");
        }

        _master.Write(Encoding.UTF8.GetBytes(answer));
    }

    public void Dispose() => _master.Dispose();

    /// <summary>Null when the text was shown so often; else what to wait for before looking again.</summary>
    private Task? WhenNotShown(string text, int times)
    {
        lock (_lock)
        {
            bool isShown = _shown.ToString().Split(text).Length > times;
            return isShown ? null
                : !_ended ? _changed.Task
                : throw new EndOfStreamException($"The terminal never showed \"{text}\" {times} times, but:\n{_shown}");
        }
    }

    private void Control(nuint request, Span<byte> argument)
    {
        if (Libc.IoControl(_master.SafeFileHandle, request, argument) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private void Read()
    {
        var buffer = new byte[1024];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        var characters = new char[buffer.Length];
        try
        {
            for (int length; (length = _master.Read(buffer)) > 0;)
            {
                int count = decoder.GetChars(buffer.AsSpan(0, length), characters, flush: false);
                Update(() => _shown.Append(characters, 0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // EIO: nobody has the terminal any more.
        }

        Update(() => _ended = true);
    }

    private void Update(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.SetResult();
            _changed = NewSignal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
