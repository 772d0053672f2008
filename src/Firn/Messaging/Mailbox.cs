using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>
/// Where the messages of one process wait, whatever their type. What comes from other nodes is limited by the credit of its channel,
/// what comes from this one by a number; a sender that finds it full waits, and nobody else.
/// </summary>
internal abstract class Mailbox : IMessageTarget, IWaiter
{
    /// <summary>Messages from this node that may wait before their senders do.</summary>
    public const int MaxLocal = 8192;

    private readonly HashSet<InChannel> _channels = [];
    private CallTicket? _firstCall;
    private int _reserving;

    /// <summary>Guards everything in it. Nothing is called back under it.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>Whether the process has ended; under the gate.</summary>
    protected bool IsClosed { get; private set; }

    /// <summary>A channel leads here from now on; false when the process has ended.</summary>
    public bool TryAttach(InChannel channel)
    {
        lock (Gate)
            return !IsClosed && _channels.Add(channel);
    }

    public void Detach(InChannel channel)
    {
        lock (Gate)
            _channels.Remove(channel);
    }

    /// <summary>Takes a notice, in order with messages; however full it is. False: the process has ended.</summary>
    public abstract bool DeliverNotice(object notice);

    /// <summary>Takes a message of this node, by reference. Waits while it is full, or fails as busy unless <paramref name="mayWait"/>.</summary>
    public abstract ValueTask DeliverLocalAsync<TGiven>(
        TGiven message, CallTicket? call, TraceContext trace, bool mayWait, CancellationToken cancellationToken);

    public abstract bool Deliver(InChannel channel, in MessageHeader header, ReadOnlySpan<byte> body);

    public abstract bool Deliver(InChannel channel, in MessageHeader header, in LargeBody body);

    /// <summary>Whether the consumer waits and there is something for it; it is then to be resumed.</summary>
    public abstract bool TryStopWaiting();

    public abstract void Resume(bool here);

    public abstract bool IsReady { get; }

    public void OnReserving(bool begins) => Interlocked.Add(ref _reserving, begins ? 1 : -1);

    /// <summary>Its consumer waits: messages that wait for that may come.</summary>
    protected void OnReady()
    {
        Interlocked.MemoryBarrier();   // who has begun to wait for it either sees that it is ready, or is seen here
        if (_reserving == 0)
            return;

        InChannel[] channels;
        lock (Gate)
            channels = [.. _channels];
        foreach (var channel in channels)
            channel.OnTargetReady();
    }

    /// <summary>
    /// The process has ended: nothing more is taken. Drops what waits, refuses the calls that are not answered, and tells the channels
    /// that lead here.
    /// </summary>
    public void Close(ExitReason reason)
    {
        InChannel[] channels;
        lock (Gate)
        {
            if (IsClosed)
                return;
            IsClosed = true;
            channels = [.. _channels];
            _channels.Clear();
        }

        OnClosed();
        string sentence = $"The process ended before it answered: {reason}.";
        while (TakeCall() is { } call)
            call.Refuse(ReplyStatus.NoProcess, sentence);
        foreach (var channel in channels)
            channel.Link.CloseChannel(channel, reason);
    }

    /// <summary>The process no longer has a name: channels that lead here by it end, so that their senders look for it again.</summary>
    public void CloseNamed(string name)
    {
        InChannel[] channels;
        lock (Gate)
        {
            channels = [.. _channels.Where(channel => channel.Name == name)];
            _channels.ExceptWith(channels);
        }

        foreach (var channel in channels)
            channel.Link.CloseChannel(channel, ExitReason.NoProcess);
    }

    /// <summary>Drops what waits, and wakes whoever waits for it or for room.</summary>
    protected abstract void OnClosed();

    /// <summary>Under the gate: a call is open until it is answered.</summary>
    protected void Open(CallTicket call)
    {
        call.Next = _firstCall;
        if (_firstCall is not null)
            _firstCall.Previous = call;
        _firstCall = call;
    }

    /// <summary>Claims the right to answer an open call; false when it was answered, or the process has ended.</summary>
    public bool TryClaim(CallTicket call, int version)
    {
        lock (Gate)
        {
            if (!call.TryClaim(version))
                return false;
            Unlink(call);
            return true;
        }
    }

    private CallTicket? TakeCall()
    {
        lock (Gate)
        {
            if (_firstCall is not { } call)
                return null;
            call.TryClaim(call.Version);
            Unlink(call);
            return call;
        }
    }

    private void Unlink(CallTicket call)
    {
        if (call.Previous is not null)
            call.Previous.Next = call.Next;
        else
            _firstCall = call.Next;
        if (call.Next is not null)
            call.Next.Previous = call.Previous;
        (call.Previous, call.Next) = (null, null);
    }
}
