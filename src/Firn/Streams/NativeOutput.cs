using System.Buffers;
using Firn.Protocol;
using Firn.Transports;

namespace Firn.Streams;

/// <summary>
/// The sending half of a stream that the transport carries itself. Small writes are collected while the one before is on its way, large
/// ones are cut into blocks, as credit allows; the stream's opening goes before them. What is not acknowledged yet is the transport's to keep.
/// </summary>
internal sealed class NativeOutput(INativeStream native, long credit, Action<int> onSent) : IStreamOutput
{
    /// <summary>Bytes that are handed over at once: small enough to give way to other streams, large enough to cost little each.</summary>
    private const int BlockSize = 64 * 1024;

    private readonly Lock _gate = new();
    private SendCredit _credit = new(credit);
    private StreamWrite? _write;
    private byte[]? _block;       // written and paid for with credit, but not handed over yet
    private int _length;
    private Exception? _failure;
    private bool _isSending;      // somebody hands over
    private bool _isEnding;
    private bool _isEnded;

    public FirnStream Stream { get; set; } = null!;

    public bool IsNative => true;

    public bool IsEnding => Volatile.Read(ref _isEnding);

    /// <summary>Sends the opening, which costs no credit.</summary>
    public void Open(ReadOnlySpan<byte> opening)
    {
        lock (_gate)
        {
            if (_failure is not null)
                return;
            opening.CopyTo(Collect(opening.Length));
        }

        Send();
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        StreamWrite write;
        lock (_gate)
        {
            if (WhyUnusable() is { } failure)
                return ValueTask.FromException(failure);
            if (data.Length <= BlockSize - _length && data.Length <= _credit.Available)
            {
                Take(data.Span);
                write = null!;
            }
            else
            {
                _write = write = StreamWrite.Rent(data);
            }
        }

        var task = write?.Task ?? ValueTask.CompletedTask;
        Send();
        if (cancellationToken.CanBeCanceled && !task.IsCompleted)
            write!.CancelOn(this, cancellationToken);
        return task;
    }

    public bool TryEnd()
    {
        lock (_gate)
        {
            if (_write is not null)
                return false;
            if (_isEnding || _failure is not null)
                return true;
            _isEnding = true;
        }

        Send();
        return true;
    }

    public void Stop() => native.AbortRead(StreamResetCode.Cancelled);

    public void Reset(uint code, Exception failure)
    {
        StreamWrite? write;
        bool isEnded;
        lock (_gate)
        {
            if (_failure is not null)
                return;
            write = Fail(failure);
            isEnded = _isEnded;
        }

        // What was ended before arrives whole.
        if (!isEnded)
            native.AbortWrite(code);
        native.AbortRead(code);
        write?.Complete();
    }

    public void Abort(Exception failure)
    {
        StreamWrite? write;
        lock (_gate)
            write = Fail(failure);
        native.AbortWrite(failure is StreamResetException reset ? reset.Code : NativeAbortException.SessionOver);
        write?.Complete();
    }

    public bool TryGrant(ulong total)
    {
        lock (_gate)
        {
            if (!_credit.TryGrant(total))
                return false;
        }

        Send();
        return true;
    }

    public void Cancel(StreamWrite write, CancellationToken cancellationToken)
    {
        bool isBegun;
        lock (_gate)
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

    /// <summary>Hands over what is there, unless somebody does already. Never waits for the transport.</summary>
    private void Send()
    {
        lock (_gate)
        {
            if (_isSending || !HasWork)
                return;
            _isSending = true;
        }

        _ = SendAllAsync();
    }

    private async Task SendAllAsync()
    {
        while (TryTakeBlock(out var block, out int length, out bool isEnd))
        {
            try
            {
                await native.WriteAsync(block.AsMemory(0, length), isEnd).ConfigureAwait(false);
                onSent(length);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The other end reads no more, or the link is over: whoever watches the stream tells which.
            }
            finally
            {
                if (block.Length > 0)
                    ArrayPool<byte>.Shared.Return(block);
            }
        }
    }

    /// <summary>The next bytes to hand over. False: nothing is to be sent now.</summary>
    private bool TryTakeBlock(out byte[] block, out int length, out bool isEnd)
    {
        StreamWrite? done = null;
        lock (_gate)
        {
            if (_write is { } write && _failure is null)
            {
                int more = (int)Math.Min(Math.Min(write.Data.Length, BlockSize - _length), _credit.Available);
                Take(write.Data.Span[..more]);
                write.IsBegun |= more > 0;
                write.Data = write.Data[more..];
                if (write.Data.IsEmpty)
                    (done, _write) = (write, null);
            }

            _isSending = HasWork;
            (block, length) = (_block ?? [], _length);
            (_block, _length) = (null, 0);
            isEnd = _isSending && _isEnding && _write is null;
            _isEnded |= isEnd;
        }

        done?.Complete();
        return length > 0 || isEnd;
    }

    private bool HasWork => _failure is null && (_length > 0 || (_write is not null && _credit.Available > 0) || (_isEnding && !_isEnded));

    private void Take(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        data.CopyTo(Collect(data.Length));
        _credit.Take(data.Length);
    }

    private Span<byte> Collect(int length)
    {
        _block ??= ArrayPool<byte>.Shared.Rent(BlockSize);
        _length += length;
        return _block.AsSpan(_length - length, length);
    }

    private StreamWrite? Fail(Exception failure)
    {
        _failure ??= failure;
        if (_block is not null)
            ArrayPool<byte>.Shared.Return(_block);
        (_block, _length) = (null, 0);
        var write = _write;
        _write = null;
        if (write is not null)
            write.Failure = failure;
        return write;
    }

    private Exception? WhyUnusable() => _failure ?? StreamWrite.WhyNone(_isEnding, _write is not null);
}
