using Firn.Pooling;
using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>
/// A call as its receiver holds it: where the reply goes. A process that ends answers what it has not answered, so no caller waits for
/// nothing. It serves again, so whoever holds it names the version that he got.
/// </summary>
internal sealed class CallTicket
{
    private static readonly Pool<CallTicket> Tickets = new(() => new CallTicket());

    private int _version;
    private MessageLink? _link;
    private ulong _call;
    private CallBook? _localBook;

    /// <summary>Neighbours among the open calls of a process; under its mailbox's lock.</summary>
    public CallTicket? Previous { get; set; }

    /// <summary>As <see cref="Previous"/>.</summary>
    public CallTicket? Next { get; set; }

    public int Version => Volatile.Read(ref _version);

    /// <summary>A call that came over a session.</summary>
    public static CallTicket Of(MessageLink link, ulong call)
    {
        var ticket = Tickets.Rent();
        (ticket._link, ticket._call) = (link, call);
        return ticket;
    }

    /// <summary>A call of this node.</summary>
    public static CallTicket Of(CallBook book, PendingCall call)
    {
        var ticket = Tickets.Rent();
        (ticket._localBook, ticket._call) = (book, call.Call);
        return ticket;
    }

    /// <summary>Claims the right to answer; false when it was answered already.</summary>
    public bool TryClaim(int version) => Interlocked.CompareExchange(ref _version, version + 1, version) == version;

    /// <summary>Answers; after <see cref="TryClaim"/>. <paramref name="isLast"/>: nothing else is about to be sent.</summary>
    public ValueTask ReplyAsync<TReply>(TReply reply, MessageSerializer serializer, bool isLast, CancellationToken cancellationToken)
    {
        if (_link is { } link)
        {
            ulong call = _call;
            Recycle();
            return link.ReplyAsync(call, reply, serializer, isLast, cancellationToken);
        }

        if (_localBook!.TryTake(_call) is { } pending)
            pending.OnLocalReply(reply, serializer);
        Recycle();
        return ValueTask.CompletedTask;
    }

    /// <summary>Refuses; after <see cref="TryClaim"/>.</summary>
    public void Refuse(ReplyStatus status, string sentence)
    {
        if (_link is { } link)
            link.Refuse(_call, status, sentence);
        else
            _localBook!.TryTake(_call)?.Fail(PendingCall.Refusal(status, sentence));
        Recycle();
    }

    private void Recycle()
    {
        (_link, _localBook, Previous, Next) = (null, null, null, null);
        Tickets.Return(this);
    }
}
