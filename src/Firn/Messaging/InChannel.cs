using System.Buffers;
using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>What the messages of a channel go to.</summary>
internal interface IMessageTarget
{
    /// <summary>A channel leads here from now on; false when the target is gone.</summary>
    bool TryAttach(InChannel channel);

    /// <summary>The channel no longer does.</summary>
    void Detach(InChannel channel);

    /// <summary>Takes a message of one frame, whose body is valid during the call. False: it is gone.</summary>
    bool Deliver(InChannel channel, in MessageHeader header, ReadOnlySpan<byte> body);

    /// <summary>Takes a message that came in several frames, and owns its buffer from then on. False: it is gone, and the caller keeps the buffer.</summary>
    bool Deliver(InChannel channel, in MessageHeader header, in LargeBody body);
}

/// <summary>The body of a message that came in several frames.</summary>
/// <param name="Buffer">From the pool.</param>
/// <param name="Length">Bytes of the body.</param>
/// <param name="Reserved">What was reserved for it.</param>
internal readonly record struct LargeBody(byte[] Buffer, int Length, long Reserved)
{
    public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);

    /// <summary>It is no longer needed.</summary>
    public void Return(InChannel channel)
    {
        ArrayPool<byte>.Shared.Return(Buffer);
        channel.ReturnReserved(Reserved);
    }
}

/// <summary>
/// The receiving end of a channel. Its window is what the sender may have sent and the target not consumed; a message larger than that
/// has its rest reserved first. Frames come from the session's reader, consumption from wherever the target runs.
/// </summary>
internal sealed class InChannel
{
    /// <summary>What every channel may receive without being granted it: 32 KiB, room for any message of one frame.</summary>
    public const int Floor = 32 * 1024;

    private readonly MessageLink _link;
    private readonly MessageCredit _credit;
    private readonly IMessageTarget _target;
    private ReceiveWindow _window;
    private int _unreported;
    private int _threshold = Floor / 4;
    private volatile bool _isReleased;
    private int _isClosed;

    // The message that is being received; the reader's, but for its reservation.
    private byte[]? _buffer;
    private MessageHeader _header;
    private int _received;
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
        if (unreported >= Volatile.Read(ref _threshold) || _isReleased)
            Report();
    }

    /// <summary>The sender sends no more. True when everything was consumed already.</summary>
    public void OnReleased()
    {
        _isReleased = true;
        Interlocked.MemoryBarrier();
        Report();
    }

    /// <summary>Ends the channel once; false if it has ended. What was reserved for an unfinished message is given back.</summary>
    public bool TryClose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return false;

        lock (_credit.Gate)
            _window.Close();
        ReturnReserved(TakeReserved());
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

    /// <summary>A message was consumed for which something was reserved.</summary>
    public void ReturnReserved(long reserved)
    {
        if (reserved > 0)
            _credit.ReturnReserved(reserved);
    }

    /// <summary>Under the credit's gate: whether a message is being received whose rest is not granted yet.</summary>
    public bool AwaitsReserve { get; private set; }

    /// <summary>Under the credit's gate: the reserve has room for the rest of the message that is being received.</summary>
    public long GrantReserved(long amount)
    {
        AwaitsReserve = false;
        _reserved = amount;
        _window.Reserve(amount);
        return _window.Granted;
    }

    /// <summary>Drops what is being received. The reader's, or after it.</summary>
    public void Abandon()
    {
        if (_buffer is not { } buffer)
            return;
        _buffer = null;
        new LargeBody(buffer, 0, TakeReserved()).Return(this);
    }

    private string? OnFurther(byte flags, ReadOnlySpan<byte> payload)
    {
        if ((flags & FrameFlags.Abort) != 0)
        {
            int received = _received;
            Abandon();
            OnConsumed(received);
            return payload.IsEmpty ? null : $"the abort of a message with a body on channel {Id}";
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
        int needed = header.TotalLength - payload.Length;
        long missing;
        lock (_credit.Gate)
        {
            missing = _window.Missing(needed);
            AwaitsReserve = missing > 0;
        }

        // No more is held than was granted: the whole when it is, what may come until then otherwise.
        _buffer = ArrayPool<byte>.Shared.Rent(missing == 0 ? header.TotalLength : Math.Min(header.TotalLength, payload.Length + Floor));
        Append(payload);
        if (missing > 0)
            _credit.Reserve(this, missing);
    }

    private void Append(ReadOnlySpan<byte> payload)
    {
        if (_buffer!.Length < _received + payload.Length)
        {
            var whole = ArrayPool<byte>.Shared.Rent(_header.TotalLength);
            _buffer.AsSpan(0, _received).CopyTo(whole);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = whole;
        }

        payload.CopyTo(_buffer.AsSpan(_received));
        _received += payload.Length;
    }

    // Without the gate: only the reader counts what came, and a grant is written before the sender can know of it.
    private bool TryReceive(int amount) => _window.TryReceive(amount);

    private long TakeReserved()
    {
        lock (_credit.Gate)
        {
            long reserved = _reserved;
            (_reserved, AwaitsReserve) = (0, false);
            return reserved;
        }
    }

    private void Report()
    {
        int unreported = Interlocked.Exchange(ref _unreported, 0);
        bool isGrant, isDrained;
        long granted;
        lock (_credit.Gate)
        {
            if (IsClosed)
                return;
            isGrant = _credit.Consume(ref _window, unreported) && !_isReleased;
            granted = _window.Granted;
            isDrained = _isReleased && _window.Unread == 0;
            Volatile.Write(ref _threshold, Math.Max(1, _window.Size / 4));
        }

        if (isGrant)
            _credit.Tell(Id, granted);
        if (isDrained)
            _link.OnDrained(this);
    }

    private string TooMuch() => $"more than was granted on channel {Id}";
}
