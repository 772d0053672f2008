using System.Diagnostics;
using Firn.Messaging;
using Firn.Protocol;

namespace Firn;

/// <summary>
/// What a process takes from its mailbox: a message, or a notice (<see cref="Down"/>, <see cref="Exit"/>, <see cref="NodeDown"/>), which comes
/// only to a process that asked for it by monitoring, linking or trapping exits.
/// </summary>
public readonly struct Message<TMessage>
{
    private readonly Process<TMessage>? _process;
    private readonly TMessage _body;
    private readonly object? _extra;   // a notice, or the ticket of a call
    private readonly object? _trace;
    private readonly int _version;
    private readonly bool _isLast;

    internal Message(object notice) => (_extra, _body) = (notice, default!);

    internal Message(Process<TMessage> process, TMessage body, CallTicket? call, int version, object? trace, bool isLast) =>
        (_process, _body, _extra, _version, _trace, _isLast) = (process, body, call, version, trace, isLast);

    /// <summary>The message.</summary>
    /// <exception cref="InvalidOperationException">This is a notice.</exception>
    public TMessage Body => _process is not null ? _body : throw new InvalidOperationException(
        $"This is no message but a notice: {_extra}. A process that monitors, links or traps exits looks at Down, Exit and NodeDown first.");

    /// <summary>Whether its sender waits for a reply.</summary>
    public bool IsCall => _extra is CallTicket;

    /// <summary>A monitored process has ended; else null.</summary>
    public Down? Down => _extra as Down;

    /// <summary>A linked process has ended or somebody wants this one to, and it traps exits; else null.</summary>
    public ExitNotice? Exit => _extra as ExitNotice;

    /// <summary>A monitored node is no longer connected; else null.</summary>
    public NodeDown? NodeDown => _extra as NodeDown;

    /// <summary>Where its sender stood in a trace; default if it had no activity. Make it the parent of what is done about the message.</summary>
    public ActivityContext Trace => _trace is TraceContext trace ? Tracing.ToActivity(trace) : default;

    /// <summary>Answers a call; does nothing for a message that is none, or whose caller no longer waits.</summary>
    /// <exception cref="InvalidOperationException">It was answered already.</exception>
    /// <exception cref="FirnException"><see cref="FailureReason.NotSerializable"/>: the caller is refused, too.</exception>
    public ValueTask ReplyAsync<TReply>(TReply reply, CancellationToken cancellationToken = default)
    {
        if (_process is null || _extra is not CallTicket call)
            return ValueTask.CompletedTask;

        Claim(call);
        return call.ReplyAsync(reply, _process.Serializer, _isLast, cancellationToken);
    }

    /// <summary>Refuses a call: it fails with <see cref="FailureReason.CallFailed"/> and <paramref name="sentence"/>.</summary>
    /// <exception cref="InvalidOperationException">It was answered already.</exception>
    public void Refuse(string sentence)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        if (_process is null || _extra is not CallTicket call)
            return;

        Claim(call);
        call.Refuse(ReplyStatus.Failed, sentence);
    }

    private void Claim(CallTicket call)
    {
        if (_process!.CoreOf.Mailbox.TryClaim(call, _version))
            return;
        _process.CoreOf.ThrowIfExited();
        throw new InvalidOperationException("This call was answered already.");
    }
}
