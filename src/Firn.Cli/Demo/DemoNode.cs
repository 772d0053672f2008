using System.Diagnostics;
using System.Text.Json;
using Firn.AspNetCore;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>A real <c>firn up --json</c> in a process of its own, and everything that it said.</summary>
internal sealed class DemoNode : IAsyncDisposable
{
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<EventBody> _events = [];
    private readonly TaskCompletionSource<StatusBody> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private TaskCompletionSource _more = NewSignal();

    private DemoNode(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>What the node said of itself when it had started.</summary>
    public StatusBody Status => _started.Task.Result;

    public int ProcessId => _process.Id;

    /// <summary>How many events there were so far: a mark to look on from.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _events.Count;
        }
    }

    /// <summary>
    /// Starts a node and waits until it runs. However this process ends, the node ends as well: its standard input does.
    /// </summary>
    /// <exception cref="FirnException">It did not start; the sentence is its own.</exception>
    public static async Task<DemoNode> StartAsync(string home, string name, string? peer, CancellationToken stop)
    {
        string[] seed = peer is null ? [] : ["--peer", peer];
        var start = SelfProcess.StartInfo(
            ["up", "--name", name, "--listen", "127.0.0.1:0", "--no-discovery", "--json", "--exit-with-stdin", .. seed]);
        start.Environment["FIRN_HOME"] = home;
        start.Environment.Remove("XDG_RUNTIME_DIR");   // the control sockets stay in the home, too
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var node = new DemoNode(Process.Start(start)!);
        try
        {
            await node._started.Task.WaitAsync(stop);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first event from <paramref name="since"/> on that is <paramref name="expected"/>; waits for it.</summary>
    public async Task<EventBody> SeeAsync(Predicate<EventBody> expected, int since, CancellationToken stop)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                int index = _events.FindIndex(since, expected);
                if (index >= 0)
                    return _events[index];
                more = _more.Task;
            }

            if (_reading.IsCompleted)
                throw new FirnException(FailureReason.ConnectionLost, $"{Status.Name} has ended");
            await more.WaitAsync(stop);
        }
    }

    /// <summary>A client of the node's control API.</summary>
    public ControlClient Connect(FirnHome home) =>
        new(Status.Name, RunningNodes.List(home).First(node => node.Name.ToString() == Status.Name).ControlSocket!);

    /// <summary>SIGKILL: no goodbye.</summary>
    public async Task KillAsync(CancellationToken stop)
    {
        _process.Kill();
        await _process.WaitForExitAsync(stop);
    }

    /// <summary>Ends in good order; answers the exit code.</summary>
    public async Task<int> StopAsync(CancellationToken stop)
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(stop);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var patience = new CancellationTokenSource(GoodbyePatience);
            try
            {
                await StopAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync(CancellationToken.None);
            }
        }

        await _reading;
        _process.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync()
    {
        var complaints = _process.StandardError.ReadToEndAsync();
        string? first = await _process.StandardOutput.ReadLineAsync();
        if (first?.StartsWith("""{"event":"started",""", StringComparison.Ordinal) == true)
            _started.SetResult(JsonSerializer.Deserialize(first, ControlJson.Default.StatusBody)!);
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            Add(JsonSerializer.Deserialize(line, ControlJson.Default.EventBody)!);
        _started.TrySetException(new FirnException(FailureReason.Unreachable, (await complaints).Trim()));
        Signal();
    }

    private void Add(EventBody e)
    {
        lock (_lock)
            _events.Add(e);
        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource signal;
        lock (_lock)
            (signal, _more) = (_more, NewSignal());
        signal.SetResult();
    }
}
