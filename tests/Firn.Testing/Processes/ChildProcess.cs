using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Firn.Testing;

/// <summary>Signals by their numbers on Linux (x64 and arm64 alike).</summary>
internal enum Signal
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>How a short command ended and what it wrote.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The standard output as one JSON document.</summary>
    public JsonElement Json => JsonElement.Parse(Output);

    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Errors}";
}

/// <summary>
/// A real process under test, leader of a session and process group of its own. Everything it writes is kept; tests await lines and
/// its end under a ceiling. Disposing it kills the whole group, and so does the death of the test host.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>How long a test waits for something that real processes do, before it fails.</summary>
    public static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _command;
    private readonly Task _reading;

    private ChildProcess(Process process, string command)
    {
        _process = process;
        _command = command;
        Id = process.Id;
        _reading = Task.WhenAll(Output.ReadAsync(process.StandardOutput), Errors.ReadAsync(process.StandardError));
    }

    public int Id { get; }

    public LineLog Output { get; } = new();

    public LineLog Errors { get; } = new();

    public StreamWriter Input => _process.StandardInput;

    public bool HasExited => _process.HasExited;

    /// <summary>
    /// Starts a program; <paramref name="environment"/> is laid over this process's own, null removing a variable.
    /// <paramref name="inNamespace"/> names the network namespace to run it in.
    /// </summary>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? inNamespace = null)
    {
        string[] inside = inNamespace is null ? [] : ["ip", "netns", "exec", inNamespace];
        string[] command = [.. inside, program, .. arguments];

        // Not being a group's leader yet, setsid does not fork: the program keeps this process id.
        var start = new ProcessStartInfo("setsid", command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        ProcessGuard.OfThisHost.Watch(process.Id);
        return new ChildProcess(process, string.Join(' ', command));
    }

    /// <summary>Runs a command to its end. All of <paramref name="input"/> is its standard input.</summary>
    public static async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? inNamespace = null,
        string input = "",
        TimeSpan? ceiling = null)
    {
        await using ChildProcess child = Start(program, arguments, environment, inNamespace);
        await child.FeedAsync(input);
        int exitCode = await child.WaitForExitAsync(ceiling);
        return new CommandResult(exitCode, child.Output.ToString(), child.Errors.ToString());
    }

    /// <summary>The first line of the standard output that matches, written after <paramref name="after"/> if that is given.</summary>
    /// <exception cref="TimeoutException">No such line came under the ceiling; the message shows all that did.</exception>
    /// <exception cref="EndOfStreamException">The process ended without such a line.</exception>
    public Task<OutputLine> WaitForLineAsync(
        Func<string, bool> predicate,
        OutputLine? after = null,
        TimeSpan? ceiling = null,
        [CallerArgumentExpression(nameof(predicate))] string wanted = "") =>
        WaitForAsync(Output, predicate, after, ceiling, wanted);

    /// <summary>As <see cref="WaitForLineAsync"/>, on the standard error.</summary>
    public Task<OutputLine> WaitForErrorAsync(
        Func<string, bool> predicate,
        OutputLine? after = null,
        TimeSpan? ceiling = null,
        [CallerArgumentExpression(nameof(predicate))] string wanted = "") =>
        WaitForAsync(Errors, predicate, after, ceiling, wanted);

    /// <summary>As <see cref="WaitForLineAsync"/>, among the lines that are JSON objects.</summary>
    public Task<OutputLine> WaitForJsonAsync(
        Func<JsonElement, bool> predicate,
        OutputLine? after = null,
        TimeSpan? ceiling = null,
        [CallerArgumentExpression(nameof(predicate))] string wanted = "") =>
        WaitForAsync(Output, text => JsonLine.TryParse(text) is { } json && predicate(json), after, ceiling, wanted);

    /// <summary>The exit code, 128 + its number after a signal, once the process is gone and its outputs are read to the end.</summary>
    /// <exception cref="TimeoutException">It still runs at the ceiling, or a child of its holds its output open.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? ceiling = null)
    {
        try
        {
            await Task.WhenAll(_process.WaitForExitAsync(), _reading).WaitAsync(ceiling ?? Ceiling);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(Describe("has not ended"));
        }
    }

    /// <summary>
    /// Sends a signal to the process itself, not to its group. After <see cref="Signal.Stop"/> none of its threads runs any more: the signal
    /// alone lets them go on for a moment, in which they may still answer.
    /// </summary>
    public void Send(Signal signal)
    {
        if (Libc.Kill(Id, (int)signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), Describe($"took no {signal} signal"));
        }

        if (signal is Signal.Stop)
        {
            WaitUntilStopped();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Without a group yet (it is still in setsid) or any more, the process itself; both may be gone, which is what is wanted.
        if (Libc.Kill(-Id, (int)Signal.Kill) != 0 && !_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync().WaitAsync(Ceiling);
        ProcessGuard.OfThisHost.Release(Id);
        await _reading.WaitAsync(Ceiling);
        _process.Dispose();
    }

    private void WaitUntilStopped()
    {
        Span<byte> state = stackalloc byte[Libc.SizeOfState];
        while (Libc.WaitForState(Libc.OneProcess, Id, state, Libc.Stopped) != 0)
        {
            if (Marshal.GetLastPInvokeError() is not Libc.Interrupted and var error)
            {
                throw new Win32Exception(error, Describe("did not stop"));
            }
        }
    }

    private async Task FeedAsync(string input)
    {
        try
        {
            await Input.WriteAsync(input);
            Input.Close();
        }
        catch (IOException)
        {
            // It has ended without reading its input; its exit code tells.
        }
    }

    private async Task<OutputLine> WaitForAsync(
        LineLog log, Func<string, bool> predicate, OutputLine? after, TimeSpan? ceiling, string wanted)
    {
        using var deadline = new CancellationTokenSource(ceiling ?? Ceiling);
        try
        {
            return await log.WaitForAsync(predicate, after?.Index + 1 ?? 0, deadline.Token)
                ?? throw new EndOfStreamException(Describe($"ended without a line for which {wanted}"));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException(Describe($"wrote no line within {ceiling ?? Ceiling} for which {wanted}"));
        }
    }

    private string Describe(string problem) => $"""
        `{_command}` (process {Id}) {problem}.
        --- standard output:
        {Output}
        --- standard error:
        {Errors}
        """;
}
