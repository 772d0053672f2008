using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Firn.Messaging;

/// <summary>
/// A process, whatever its messages are: it lives from its start to the first of its ends. .NET cannot stop a function, so an end makes
/// the process dead at once for everybody else, and its function finds out at its next call.
/// </summary>
#pragma warning disable CA1001 // A source of cancellation without timer or wait handle holds nothing to dispose of.
internal abstract partial class ProcessCore(MessageHub hub, ulong number)
#pragma warning restore CA1001
{
    private static readonly AsyncLocal<ProcessCore?> Running = new();
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _exiting = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StrongBox<ExitReason>? _exit;

    /// <summary>The process whose function runs here; null outside of any.</summary>
    public static ProcessCore? Current => Running.Value;

    public MessageHub Hub { get; } = hub;

    public ulong Number { get; } = number;

    public Pid Id => new(Hub.Life, Number, Hub);

    public abstract Mailbox Mailbox { get; }

    /// <summary>Its names; under the hub's gate.</summary>
    public HashSet<string> Names { get; } = new(0, StringComparer.Ordinal);

    /// <summary>What reads its messages that come as bytes, and writes its replies.</summary>
    public abstract MessageSerializer Serializer { get; }

    /// <summary>Cancelled when the process has ended.</summary>
    public CancellationToken Exiting => _exiting.Token;

    /// <summary>Whether exits that could be refused come as notices.</summary>
    public bool TrapsExits { get; set; }

    public bool HasExited => Volatile.Read(ref _exit) is not null;

    /// <summary>Why it ended, once it has.</summary>
    public ExitReason Reason => Volatile.Read(ref _exit)?.Value ?? default;

    /// <summary>Completes when its function has returned.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whoever calls runs in no process that has ended.</summary>
    /// <exception cref="ProcessExitedException">It does.</exception>
    public static void ThrowIfCurrentExited() => Running.Value?.ThrowIfExited();

    /// <exception cref="ProcessExitedException">It has ended.</exception>
    public void ThrowIfExited()
    {
        if (HasExited)
            throw new ProcessExitedException(Id, Reason);
    }

    /// <summary>Runs the function on the thread pool.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static process => _ = process.RunAsync(), this, preferLocal: false);

    /// <summary>Ends the process; the first reason counts.</summary>
    public void Exit(ExitReason reason)
    {
        if (Interlocked.CompareExchange(ref _exit, new StrongBox<ExitReason>(reason), null) is not null)
            return;

        Mailbox.Close(reason);
        Hub.OnExited(this, reason);
        _ = CancelAsync();
        if (!Ended.IsCompleted)
            _ = WatchAsync();
    }

    /// <summary>Another process has ended or wants this one to. Along a chain of links the first end is told of, not each that followed.</summary>
    public void OnExitSignal(Pid from, ExitReason reason, bool isLink, MessageLink? sender)
    {
        if (reason.Kind == ExitKind.Killed && !isLink)
            Exit(reason);
        else if (TrapsExits)
            Trap(new ExitNotice(from, reason, isLink), sender);
        else if (reason.Kind != ExitKind.Normal)
            Exit(!isLink ? reason : reason.Kind == ExitKind.Linked ? reason : new ExitReason(ExitKind.Linked, $"{from} ended: {reason}"));
    }

    private void Trap(ExitNotice notice, MessageLink? sender)
    {
        if (sender is null)
            Mailbox.DeliverNotice(notice);
        else
            new RemoteExit(notice, sender).DeliverTo(Mailbox);
    }

    /// <summary>The function.</summary>
    protected abstract Task InvokeAsync();

    /// <summary>Lets go of what only the function used.</summary>
    protected abstract void OnEnded();

    private async Task RunAsync()
    {
        Running.Value = this;
        Exception? failure = null;
        try
        {
            if (!HasExited)   // ended before it could start
                await InvokeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The function is the user's code: whatever it throws is how the process ended.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        bool hasFailed = failure is not null && !HasExited;
        _ended.TrySetResult();
        Exit(hasFailed ? ExitReason.Error($"{failure!.GetType().Name}: {failure.Message}") : ExitReason.Normal);
        OnEnded();
        if (hasFailed)
            LogFailed(Hub.Logger, failure!, Number);
    }

    /// <summary>Tells the function, and what it has started, that the process has ended.</summary>
    private async Task CancelAsync()
    {
        try
        {
            await _exiting.CancelAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A callback on Exiting is the user's code.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogCallbackFailed(Hub.Logger, e, Number);
        }
    }

    /// <summary>Tells the log if the function does not care.</summary>
    private async Task WatchAsync()
    {
        try
        {
            await Ended.WaitAsync(Patience, Hub.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogStillRunning(Hub.Logger, Number, Reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Process {Number:x16} has failed")]
    private static partial void LogFailed(ILogger logger, Exception e, ulong number);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Process {Number:x16} has ended ({Reason}), but its function still runs after 10 s: let it look at Exiting")]
    private static partial void LogStillRunning(ILogger logger, ulong number, ExitReason reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A callback on Exiting of process {Number:x16} has thrown")]
    private static partial void LogCallbackFailed(ILogger logger, Exception e, ulong number);
}
