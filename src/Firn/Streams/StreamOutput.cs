using System.Buffers;
using System.Buffers.Binary;
using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Streams;

/// <summary>
/// The sending half of a stream: one write at a time, cut into frames as credit and the connection allow. What fits into one frame is
/// collected, so that a stream of small writes gets as much of the connection as one of large ones. It says the stream's opening,
/// end and reset itself, in order with its bytes.
/// </summary>
internal sealed class StreamOutput(SessionWriter writer, uint id, long credit, int maxPayload, StreamOpeningNotice? opening) : Outlet, IStreamOutput
{
    // Collected bytes go out in one turn with the stream's opening and its reset: no other may be opened in between.
    private const int Spare = 2 * FrameHeader.Size + StreamOpening.MaxLength + sizeof(uint);

    private readonly int _maxCollected = Math.Min(maxPayload, FrameHeader.DefaultMaxPayload - Spare);
    private SendCredit _credit = new(credit);
    private StreamOpeningNotice? _opening = opening;
    private StreamWrite? _write;
    private byte[]? _collected;   // written and paid for with credit, but not framed yet
    private int _collectedLength;
    private Exception? _failure;
    private uint? _reset;
    private bool _isEnding;
    private bool _isEnded;
    private bool _isReset;

    public FirnStream Stream { get; set; } = null!;

    public bool IsNative => false;

    public bool IsEnding => Volatile.Read(ref _isEnding);

    public override bool CanWrite => _opening is not null || HasData || HasEnd || _reset is not null;

    private bool HasData => _failure is null && (_collectedLength > 0 || (_write is not null && _credit.Available > 0));

    private bool HasEnd => _isEnding && !_isEnded && _failure is null;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        StreamWrite? write = null;
        bool writes;
        lock (writer.Gate)
        {
            if (WhyUnusable() is { } failure)
                return ValueTask.FromException(failure);
            if (data.IsEmpty)
                return ValueTask.CompletedTask;

            if (!TryCollect(data.Span))
            {
                _write = write = StreamWrite.Rent(data);
            }

            // In a burst of small writes, the next may come before the connection is worth a frame.
            writes = Advance(write is null ? Flush.Adaptive : Flush.Now);
        }

        var task = write?.Task ?? ValueTask.CompletedTask;
        if (writes)
            writer.WriteClaimed();
        if (cancellationToken.CanBeCanceled && !task.IsCompleted)
            write!.CancelOn(this, cancellationToken);
        return task;
    }

    public bool TryEnd()
    {
        bool writes;
        lock (writer.Gate)
        {
            if (_write is not null)
                return false;
            if (_isEnding || _failure is not null)
                return true;
            _isEnding = true;
            writes = Advance();
        }

        if (writes)
            writer.WriteClaimed();
        return true;
    }

    public void Stop()
    {
        bool writes = false;
        lock (writer.Gate)
        {
            if (_failure is null && !_isReset)
            {
                (_isReset, _reset) = (true, StreamResetCode.Cancelled);
                writes = Advance();
            }
        }

        if (writes)
            writer.WriteClaimed();
    }

    public void Reset(uint code, Exception failure)
    {
        bool writes = false;
        StreamWrite? write = null;
        lock (writer.Gate)
        {
            if (_failure is null && !_isReset)
            {
                // A stream that the other end has not heard of needs no end.
                if (_opening is null)
                    _reset = code;
                (_isReset, _opening) = (true, null);
                write = Fail(failure);
                writes = Advance();
            }
        }

        write?.Complete();
        if (writes)
            writer.WriteClaimed();
    }

    public void Abort(Exception failure)
    {
        StreamWrite? write;
        lock (writer.Gate)
        {
            (_opening, _reset) = (null, null);
            write = Fail(failure);
        }

        write?.Complete();
    }

    public bool TryGrant(ulong total)
    {
        bool writes;
        lock (writer.Gate)
        {
            if (!_credit.TryGrant(total))
                return false;
            writes = Advance();
        }

        if (writes)
            writer.WriteClaimed();
        return true;
    }

    /// <summary>Puts the opening in line.</summary>
    public bool Open() => Advance();

    public void Cancel(StreamWrite write, CancellationToken cancellationToken)
    {
        bool isBegun;
        lock (writer.Gate)
        {
            if (_write != write)
                return;   // done, or failed, at the same moment
            _write = null;
            isBegun = write.IsBegun;
        }

        if (isBegun)
            Stream.Reset(StreamResetCode.Cancelled, "a write to it was cancelled half-way");
        write.Failure = new OperationCanceledException(cancellationToken);
        write.Complete();
    }

    /// <summary>A frame of data, and what there is beside it: a stream that ends is over with one turn.</summary>
    public override int WriteFrame(Span<byte> destination, List<SendOperation> done)
    {
        int size = 0;
        if (_opening is { } opening)
        {
            _opening = null;
            int length = StreamOpening.Write(destination[FrameHeader.Size..], opening.Window, opening.Protocol);
            size = Frame(destination, FrameType.StreamOpen, 0, length);
        }

        if (HasData)
            size += WriteData(destination[size..], done);
        if (HasData)
            return size;
        if (HasEnd)
        {
            _isEnded = true;
            size += Frame(destination[size..], FrameType.StreamData, FrameFlags.End, 0);
        }

        if (_reset is { } code)
        {
            _reset = null;
            BinaryPrimitives.WriteUInt32BigEndian(destination[(size + FrameHeader.Size)..], code);
            size += Frame(destination[size..], FrameType.StreamReset, 0, sizeof(uint));
        }

        return size;
    }

    private int WriteData(Span<byte> destination, List<SendOperation> done)
    {
        var payload = destination.Slice(FrameHeader.Size, Math.Min(maxPayload, destination.Length - FrameHeader.Size));
        int length = _collectedLength;
        _collected.AsSpan(0, length).CopyTo(payload);
        ReturnCollected();
        if (_write is { } write)
        {
            int more = (int)Math.Min(Math.Min(write.Data.Length, payload.Length - length), _credit.Available);
            write.Data.Span[..more].CopyTo(payload[length..]);
            write.Data = write.Data[more..];
            write.IsBegun |= more > 0;
            _credit.Take(more);
            length += more;

            // The rest that fits into a frame is collected, too: the next frame need not be a small one.
            if (write.Data.IsEmpty || TryCollect(write.Data.Span))
            {
                _write = null;
                done.Add(write);
            }
        }

        _isEnded = HasEnd && !HasData;
        return Frame(destination, FrameType.StreamData, _isEnded ? FrameFlags.End : (byte)0, length);
    }

    private int Frame(Span<byte> destination, FrameType type, byte flags, int length)
    {
        new FrameHeader(type, flags, (ushort)length, id).Write(destination);
        return FrameHeader.Size + length;
    }

    private bool TryCollect(ReadOnlySpan<byte> data)
    {
        if (data.Length > _maxCollected - _collectedLength || data.Length > _credit.Available)
            return false;

        _collected ??= ArrayPool<byte>.Shared.Rent(_maxCollected);
        data.CopyTo(_collected.AsSpan(_collectedLength));
        _collectedLength += data.Length;
        _credit.Take(data.Length);
        return true;
    }

    private void ReturnCollected()
    {
        if (_collected is not null)
            ArrayPool<byte>.Shared.Return(_collected);
        (_collected, _collectedLength) = (null, 0);
    }

    private bool Advance(Flush flush = Flush.Now)
    {
        if (!CanWrite || writer.IsCompleted)
            return false;
        writer.Enqueue(this);
        return writer.Claim(flush);
    }

    private StreamWrite? Fail(Exception failure)
    {
        _failure ??= failure;
        ReturnCollected();
        var write = _write;
        _write = null;
        if (write is not null)
            write.Failure = failure;
        return write;
    }

    private Exception? WhyUnusable() => _failure ?? StreamWrite.WhyNone(_isEnding, _write is not null);
}

/// <summary>What a StreamOpen frame says.</summary>
internal sealed record StreamOpeningNotice(uint Window, string Protocol);
