using Firn.Protocol;
using Firn.Runtime;

namespace Firn.Messaging;

/// <summary>The calls that await a reply over one session, or on this node: each ends once, at the latest at its deadline.</summary>
internal sealed class CallBook(NodeClock clock, Schedule schedule) : Scheduled
{
    private readonly Lock _gate = new();
    private readonly CallTable<PendingCall> _calls = new();
    private FirnException? _failure;

    /// <summary>Whether more than one call is under way; a look without the lock.</summary>
    public bool IsBusy => _calls.Count > 1;

    /// <summary>Enters a call; its <see cref="PendingCall.Call"/> is its number.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>: too many are under way.</exception>
    public void Add(PendingCall call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long deadline = clock.Now + Math.Max(1, (long)timeout.TotalMilliseconds);
        bool isNext;
        lock (_gate)
        {
            if (_failure is not null)
                throw _failure;
            isNext = deadline < _calls.NextDeadline;
            if (!_calls.TryAdd(call, deadline, out ulong number))
                throw new FirnException(FailureReason.Busy, $"{CallTable<PendingCall>.MaxOutstanding} calls are under way: wait for their replies.");
            call.Call = number;
        }

        if (isNext)
            schedule.Set(this, deadline);
        if (cancellationToken.CanBeCanceled)
            call.CancelOn(this, cancellationToken);
    }

    /// <summary>The reply of a call whose message has to wait. A call that cannot be sent fails, unless it has ended for a better reason.</summary>
    public async ValueTask<TReply> AwaitAsync<TReply>(ValueTask sent, ulong call, ValueTask<TReply> reply)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        catch (Exception e) when (TryTake(call) is { } pending)
        {
            pending.Fail(e);
        }
#pragma warning disable CA1031 // Whoever took the call has ended it, and says why.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        return await reply.ConfigureAwait(false);
    }

    /// <summary>Takes a call out, to end it; null when it has ended.</summary>
    public PendingCall? TryTake(ulong call)
    {
        lock (_gate)
            return _calls.TryTake(call, out var pending) ? pending : null;
    }

    /// <summary>Fails every call, and those that come.</summary>
    public void Close(FirnException failure)
    {
        IReadOnlyList<PendingCall> pending;
        lock (_gate)
        {
            _failure = failure;
            pending = _calls.TakeAll();
        }

        foreach (var call in pending)
            call.Fail(failure);
    }

    public override long OnDue(long now)
    {
        while (true)
        {
            PendingCall? pending;
            lock (_gate)
            {
                if (!_calls.TryTakeExpired(now, out pending))
                    return _calls.NextDeadline;
            }

            pending.Fail(new FirnException(FailureReason.TimedOut, "The process did not reply in time; it may have got the message."));
        }
    }
}
