using System.Buffers;
using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Messaging;

/// <summary>
/// The receiving end of a channel. Its window is what the sender may have sent and the target not consumed; a message larger than that
/// has its rest reserved first. Frames come from the session's reader, consumption from wherever the target runs.
/// </summary>
internal sealed class InChannel : IGranting
{
    /// <summary>What every channel may receive without being granted it: 32 KiB, room for any message of one frame.</summary>
    public const int Floor = 32 * 1024;

    private readonly MessageLink _link;
    private readonly MessageCredit _credit;
    private readonly IMessageTarget _target;
    private ReceiveWindow _window;
    private int _unreported;
    private int _threshold = Floor / 8;
    private volatile bool _isAsked;   // the sender is to be told when all is consumed
    private int _isClosed;

    // The message that is being received; the reader's, but for its reservation.
    private byte[]? _buffer;
    private MessageHeader _header;
    private int _received;
    private ulong _call;
    private long _reserved;

    public InChannel(MessageLink link, MessageCredit credit, uint id, IMessageTarget target, string? name = null)
    {
        (_link, _credit, Id, _target, Name) = (link, credit, id, target, name);
        lock (credit.Gate)
            _window = credit.NewWindow();
    }

    public uint Id { get; }

    /// <summary>The name by which the target was found, if it was.</summary>
    public string? Name { get; }

    public MessageLink Link => _link;

    public IMessageTarget Target => _target;

    long IGranting.Granted => _window.Granted;

    /// <summary>Under the credit's gate: what waits to be reserved for the rest of the message that is being received.</summary>
    public long Wanted { get; set; }

    /// <summary>Whether the target is gone: what still comes is dropped.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Bytes of the first frame of a message, or of a further one; returns what is wrong with it.</summary>
    public string? OnFrame(byte flags, ReadOnlySpan<byte> payload)
    {
        if (_buffer is not null)
            return OnFurther(flags, payload);
        if ((flags & FrameFlags.Abort) != 0)
            return $"the abort of no message on channel {Id}";
        if (!MessageHeader.TryRead(flags, ref payload, out var header))
            return $"a malformed message on channel {Id}";
        if (!TryReceive(MessageHeader.Overhead + payload.Length))
            return TooMuch();
        _link.ReceivedMessages++;
        if ((flags & FrameFlags.More) == 0)
        {
            if (!_target.Deliver(this, header, payload))
                _link.OnUndeliverable(header.Call);
            return null;
        }

        Begin(header, payload);
        return null;
    }

    /// <summary>The target has consumed a message with <paramref name="body"/> bytes.</summary>
    public void OnConsumed(int body)
    {
        int unreported = Interlocked.Add(ref _unreported, MessageHeader.Overhead + body);
        if (unreported >= Volatile.Read(ref _threshold) || _isAsked)
            Report();
    }

    /// <summary>The sender wants to end the channel: it is, if all is consumed; else it is kept. Returns what is wrong with that.</summary>
    public string? OnReleased()
    {
        if (_buffer is not null)
            return $"channel {Id} was released in the middle of a message";

        lock (_credit.Gate)
        {
            if (IsClosed)
                return null;
            _credit.Consume(ref _window, Interlocked.Exchange(ref _unreported, 0));
            _isAsked = _window.Unread != 0;
        }

        if (_isAsked)
            _credit.Tell(this, FrameFlags.Kept);
        else
            _link.OnDrained(this);
        return null;
    }

    /// <summary>Ends the channel once; false if it has ended. What was reserved for an unfinished message is given back.</summary>
    public bool TryClose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return false;

        lock (_credit.Gate)
            _window.Close();
        ReturnReserved(TakeReserved());
        RefuseUnfinished();
        return true;
    }

    /// <summary>What may still come on it.</summary>
    public long Left
    {
        get
        {
            lock (_credit.Gate)
                return _window.Left;
        }
    }

    /// <summary>The target waits for messages.</summary>
    public void OnTargetReady() => _credit.Serve();

    /// <summary>A message was consumed for which something was reserved.</summary>
    public void ReturnReserved(long reserved)
    {
        if (reserved > 0)
            _credit.ReturnReserved(reserved);
    }

    /// <summary>Under the credit's gate: there is room for the rest of the message that is being received.</summary>
    public void GrantReserved(long amount)
    {
        Volatile.Write(ref _reserved, amount);
        _window.Reserve(amount);
    }

    /// <summary>Drops what is being received. The reader's, or after it.</summary>
    public void Abandon()
    {
        if (_buffer is not { } buffer)
            return;
        _buffer = null;
        Volatile.Write(ref _call, 0);
        new LargeBody(buffer, 0, TakeReserved()).Return(this);
    }

    private string? OnFurther(byte flags, ReadOnlySpan<byte> payload)
    {
        if ((flags & FrameFlags.Abort) != 0)
        {
            if (flags != FrameFlags.Abort || !payload.IsEmpty)
                return $"the abort of a message with a body on channel {Id}";

            // It is charged like a whole one: what was granted for its rest is used up with it.
            _window.Forgo(_header.TotalLength - _received);
            Abandon();
            OnConsumed(_header.TotalLength);
            return null;
        }

        bool goesOn = (flags & FrameFlags.More) != 0;
        int left = _header.TotalLength - _received;
        if ((flags & ~FrameFlags.More) != 0 || payload.IsEmpty || (goesOn ? payload.Length >= left : payload.Length != left))
            return $"a part of a message on channel {Id} that does not fit to its beginning";
        if (!TryReceive(payload.Length))
            return TooMuch();

        Append(payload);
        if (goesOn)
            return null;

        var body = new LargeBody(_buffer!, _header.TotalLength, TakeReserved());
        _buffer = null;
        Volatile.Write(ref _call, 0);
        if (!_target.Deliver(this, _header, body))
        {
            body.Return(this);
            _link.OnUndeliverable(_header.Call);
        }

        return null;
    }

    private void Begin(in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        (_header, _received) = (header, 0);
        Interlocked.Exchange(ref _call, header.Call);
        long missing;
        lock (_credit.Gate)
            missing = _window.Missing(header.TotalLength - payload.Length);

        // No more is held than was granted: the whole when it is, as much as comes until then.
        _buffer = ArrayPool<byte>.Shared.Rent(missing == 0 ? header.TotalLength : Math.Min(header.TotalLength, payload.Length + Floor));
        Append(payload);
        if (missing > 0)
            _credit.Enter(this, missing);
        if (IsClosed)
            RefuseUnfinished();
    }

    private void Append(ReadOnlySpan<byte> payload)
    {
        int needed = _received + payload.Length;
        if (_buffer!.Length < needed)
        {
            bool isGranted = Volatile.Read(ref _reserved) > 0;
            var larger = ArrayPool<byte>.Shared.Rent(isGranted ? _header.TotalLength : Math.Min(_header.TotalLength, 2 * needed));
            _buffer.AsSpan(0, _received).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        payload.CopyTo(_buffer.AsSpan(_received));
        _received = needed;
    }

    /// <summary>The target ends while a call to it is being received: nobody else knows of that.</summary>
    private void RefuseUnfinished()
    {
        if (Interlocked.Exchange(ref _call, 0) is not 0 and var call)
            _link.OnUndeliverable(call);
    }

    // Without the gate: only the reader counts what came, and a grant is written before the sender can know of it.
    private bool TryReceive(int amount) => _window.TryReceive(amount);

    private long TakeReserved()
    {
        lock (_credit.Gate)
        {
            long reserved = _reserved;
            _reserved = 0;
            _credit.Leave(this);
            return reserved;
        }
    }

    private void Report()
    {
        int unreported = Interlocked.Exchange(ref _unreported, 0);
        bool isNews;
        lock (_credit.Gate)
        {
            if (IsClosed)
                return;
            isNews = _credit.Consume(ref _window, unreported);
            if (_isAsked && _window.Unread == 0)
                (_isAsked, isNews) = (false, true);
            Volatile.Write(ref _threshold, Math.Max(1, _window.Size / 8));
        }

        if (isNews)
            _credit.Tell(this);
    }

    private string TooMuch() => $"more than was granted on channel {Id}";
}
