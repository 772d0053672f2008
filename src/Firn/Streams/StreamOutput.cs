using System.Buffers.Binary;
using Firn.Pooling;
using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Streams;

/// <summary>
/// The sending half of a stream: one write at a time, cut into frames as credit and the connection allow. It says the stream's
/// opening, end and reset itself, in order with its bytes.
/// </summary>
internal sealed class StreamOutput(SessionWriter writer, uint id, long credit, StreamOpeningNotice? opening) : Outlet
{
    private static readonly Pool<WriteOperation> Operations = new(() => new WriteOperation());

    private SendCredit _credit = new(credit);
    private StreamOpeningNotice? _opening = opening;
    private WriteOperation? _write;
    private Exception? _failure;
    private uint? _reset;
    private bool _isEnding;
    private bool _isEnded;

    /// <summary>Whether the end was said, or is about to be: nothing more is written.</summary>
    public bool IsEnding => Volatile.Read(ref _isEnding);

    public override bool CanWrite =>
        _opening is not null || (_failure is null && _write is not null && _credit.Available > 0)
        || (_isEnding && !_isEnded && _failure is null) || _reset is not null;

    /// <summary>Sends <paramref name="data"/>; completes when all of it is framed.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        WriteOperation write;
        bool writes;
        lock (writer.Gate)
        {
            ThrowIfUnusable();
            if (data.IsEmpty)
                return ValueTask.CompletedTask;

            write = Operations.Rent();
            write.Data = data;
            _write = write;
            writes = Advance();
        }

        var task = write.Task;
        if (writes)
            writer.WriteClaimed();
        if (cancellationToken.CanBeCanceled && !task.IsCompleted)
            write.CancelOn(this, cancellationToken);
        return task;
    }

    /// <summary>Says that no more comes, if nothing is being written. Harmless when the stream is over.</summary>
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

    /// <summary>Ends both directions with a code: a write that waits fails with <paramref name="failure"/>, later ones too.</summary>
    public void Reset(uint code, Exception failure)
    {
        bool writes = false;
        WriteOperation? write = null;
        lock (writer.Gate)
        {
            if (_reset is null && _failure is null)
            {
                _reset = code;
                write = Fail(failure);
                writes = Advance();
            }
        }

        write?.Complete();
        if (writes)
            writer.WriteClaimed();
    }

    /// <summary>The other end reset the stream, or the session is over: nothing more is sent, not even a reset.</summary>
    public void Abort(Exception failure)
    {
        WriteOperation? write;
        lock (writer.Gate)
        {
            (_opening, _reset) = (null, null);
            write = Fail(failure);
        }

        write?.Complete();
    }

    /// <summary>The other end has granted more; false when it takes back what it gave.</summary>
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

    public override int WriteFrame(Span<byte> destination, List<SendOperation> done)
    {
        if (_opening is { } opening)
        {
            _opening = null;
            int length = StreamOpening.Write(destination[FrameHeader.Size..], opening.Window, opening.Protocol);
            return Frame(destination, FrameType.StreamOpen, 0, length);
        }

        if (_failure is null && _write is { } write && _credit.Available > 0)
        {
            int length = (int)Math.Min(Math.Min(write.Data.Length, FrameHeader.DefaultMaxPayload), _credit.Available);
            write.Data.Span[..length].CopyTo(destination[FrameHeader.Size..]);
            write.Data = write.Data[length..];
            write.IsBegun = true;
            _credit.Take(length);
            if (write.Data.IsEmpty)
            {
                _write = null;
                done.Add(write);
            }

            return Frame(destination, FrameType.StreamData, 0, length);
        }

        if (_isEnding && !_isEnded && _failure is null)
        {
            _isEnded = true;
            return Frame(destination, FrameType.StreamData, FrameFlags.End, 0);
        }

        if (_reset is { } code)
        {
            _reset = null;
            BinaryPrimitives.WriteUInt32BigEndian(destination[FrameHeader.Size..], code);
            return Frame(destination, FrameType.StreamReset, 0, sizeof(uint));
        }

        return 0;
    }

    private int Frame(Span<byte> destination, FrameType type, byte flags, int length)
    {
        new FrameHeader(type, flags, (ushort)length, id).Write(destination);
        return FrameHeader.Size + length;
    }

    private bool Advance()
    {
        if (!CanWrite || writer.IsCompleted)
            return false;
        writer.Enqueue(this);
        return writer.Claim(Flush.Now);
    }

    private WriteOperation? Fail(Exception failure)
    {
        _failure ??= failure;
        var write = _write;
        _write = null;
        if (write is not null)
            write.Failure = failure;
        return write;
    }

    private void ThrowIfUnusable()
    {
        if (_failure is not null)
            throw _failure;
        if (_isEnding)
            throw new InvalidOperationException("This end of the stream has been completed: nothing can be written to it any more.");
        if (_write is not null)
            throw new InvalidOperationException("A write to this stream is under way: wait for it before the next.");
    }

    /// <summary>Whoever wrote gave up. What was sent of it cannot be taken back: then the stream is reset.</summary>
    private void Cancel(WriteOperation write, CancellationToken cancellationToken)
    {
        lock (writer.Gate)
        {
            if (_write != write)
                return;   // done, or failed, at the same moment
            if (!write.IsBegun)
            {
                _write = null;
                write.Failure = new OperationCanceledException(cancellationToken);
            }
        }

        if (write.IsBegun)
            Reset(StreamResetCode.Cancelled, new OperationCanceledException(cancellationToken));
        else
            write.Complete();
    }

    private sealed class WriteOperation : SendOperation
    {
        private CancellationTokenRegistration _cancellation;
        private StreamOutput? _output;

        public ReadOnlyMemory<byte> Data { get; set; }

        public bool IsBegun { get; set; }

        public void CancelOn(StreamOutput output, CancellationToken cancellationToken)
        {
            _output = output;
            _cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((WriteOperation)state!)._output?.Cancel((WriteOperation)state, token), this);
        }

        protected override void OnCompleting() => Data = default;

        protected override void Recycle()
        {
            _cancellation.Dispose();
            (_cancellation, _output, IsBegun) = (default, null, false);
            Operations.Return(this);
        }
    }
}

/// <summary>What a StreamOpen frame says.</summary>
internal sealed record StreamOpeningNotice(uint Window, string Protocol);
