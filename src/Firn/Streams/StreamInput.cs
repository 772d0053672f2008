using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Firn.Pooling;
using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Streams;

/// <summary>What became of bytes that came for a stream.</summary>
internal enum Receipt
{
    /// <summary>They are the reader's, or are dropped since it wants no more.</summary>
    Taken,

    /// <summary>They were under way when the stream was cut.</summary>
    Stray,

    /// <summary>They are more than was granted, or come after the end.</summary>
    Refused,
}

/// <summary>
/// The receiving half of a stream: what came and was not read yet, as a <see cref="PipeReader"/> that grants the other end more as it
/// is read.
/// </summary>
internal sealed class StreamInput : PipeReader, IGranting
{
    /// <summary>What every stream may receive without being granted it: 16 KiB.</summary>
    public const int Floor = 16 * 1024;

    /// <summary>What a stream is granted as soon as it is open, while the budget allows: 256 KiB.</summary>
    private const int Initial = 256 * 1024;

    /// <summary>What the other end may send of what is dropped anyway: 1 PiB.</summary>
    private const long Unlimited = 1L << 50;

    private static readonly PipeOptions Options = new(
        BlockPool.Instance, readerScheduler: ReaderScheduler.Instance, pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: BlockPool.BlockSize, useSynchronizationContext: false);

    private readonly Pipe _pipe = new(Options);
    private readonly ReceiveCredit _credit;
    private readonly Lock _arrivals = new();   // guards the pipe's writer: the session's reader against who cuts or completes
    private readonly Lock _copying = new();    // guards the pipe's memory: a read into a buffer against who completes
    private ReceiveWindow _window;
    private ReadOnlySequence<byte> _read;
    private long _ahead;   // bytes at the head of what is unread that were looked at already
    private long _unreported;
    private int _isReading;
    private bool _isClosed;
    private bool _isCut;
    private volatile bool _isOver;
    private volatile bool _isCompleted;
    private bool _isUnheard;

    /// <summary>
    /// Of stream <paramref name="id"/>. One that <paramref name="isUnheard"/> may not be known to the other end: what is granted is not told
    /// before something came on it.
    /// </summary>
    public StreamInput(ReceiveCredit credit, uint id, bool isUnheard = false)
    {
        (_credit, Id, _isUnheard) = (credit, id, isUnheard);
        lock (credit.Gate)
            _window = credit.NewWindow();
    }

    public uint Id { get; }

    long IGranting.Granted => _window.Granted;

    /// <summary>The stream whose half this is.</summary>
    public FirnStream Stream { get; set; } = null!;

    /// <summary>Whether nothing more comes: the other end has said so, or the stream was cut.</summary>
    public bool IsOver => _isOver;

    /// <summary>Whether nothing more is read.</summary>
    public bool IsCompleted => _isCompleted;

    /// <summary>The window at present.</summary>
    public int Window => _window.Size;

    /// <summary>What the other end may still send.</summary>
    public long Left
    {
        get
        {
            lock (_credit.Gate)
                return _isOver ? 0 : _window.Left;
        }
    }

    /// <summary>Widens the window to what a stream starts with, and returns it.</summary>
    public uint Widen()
    {
        lock (_credit.Gate)
        {
            _window.TryWiden(Initial);
            return (uint)_window.Granted;
        }
    }

    /// <summary>Bytes came, perhaps the last ones.</summary>
    public Receipt Receive(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        bool tells;
        lock (_arrivals)
        {
            if (_isCut)
                return Receipt.Stray;

            // Without the credit's gate: only the session counts what came, and a grant is written before the writer can know of it.
            if (_isOver || !_window.TryReceive(bytes.Length))
                return Receipt.Refused;
            if (!bytes.IsEmpty && !_isCompleted)
                _pipe.Writer.Write(bytes);
            if (isEnd)
                End(null);
            tells = _isUnheard && _isCompleted && !isEnd;
            _isUnheard = false;
        }

        if (tells)
            _credit.Tell(this);   // what Drop could not
        return Receipt.Taken;
    }

    /// <summary>Shows the reader what came.</summary>
    public void Publish()
    {
        lock (_arrivals)
        {
            if (_isOver || _isCompleted)
                return;
#pragma warning disable CA2012 // Done at once, since credit is the limit and not the pipe.
            _ = _pipe.Writer.FlushAsync();
#pragma warning restore CA2012
        }
    }

    /// <summary>Nothing more comes, whatever is under way: reads fail with <paramref name="failure"/>, unless the other end has said its end.</summary>
    public void Cut(Exception failure)
    {
        lock (_arrivals)
        {
            if (_isOver)
                return;
            _isCut = true;
            End(failure);
        }
    }

    /// <summary>Lets the other end send what it likes, since nobody reads it here.</summary>
    public void Drop()
    {
        lock (_credit.Gate)
            _window.Reserve(Unlimited);
        bool tells;
        lock (_arrivals)
            tells = !_isUnheard;
        if (tells)
            _credit.Tell(this);
    }

    /// <summary>Reads into <paramref name="buffer"/>; 0 at the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await ReadAsync(cancellationToken).ConfigureAwait(false);
        int length;
        lock (_copying)
        {
            ObjectDisposedException.ThrowIf(_isCompleted, Stream);
            var there = result.Buffer;
            length = (int)Math.Min(there.Length, buffer.Length);
            var taken = there.Slice(0, length);
            taken.CopyTo(buffer.Span);
            _pipe.Reader.AdvanceTo(taken.End);
        }

        Release(length, length);
        return length > 0 || !result.IsCanceled ? length : throw new OperationCanceledException("The read was cancelled by CancelPendingRead.");
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        Enter();
        try
        {
            var result = await _pipe.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            _read = result.Buffer;
            return result;
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        Enter();
        try
        {
            if (!_pipe.Reader.TryRead(out result))
                return false;
            _read = result.Buffer;
            return true;
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long taken = _read.Slice(0, consumed).Length, seen = _read.Slice(0, examined).Length;
        _pipe.Reader.AdvanceTo(consumed, examined);
        Release(taken, seen);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => _pipe.Reader.CancelPendingRead();

    /// <summary>Nothing more is read: gives back what was not, and the window's share of the session's budget.</summary>
    public override void Complete(Exception? exception = null)
    {
        lock (_arrivals)
        {
            if (_isCompleted)
                return;
            _isCompleted = true;
            if (!_isOver)
                _pipe.Writer.Complete(new ObjectDisposedException(nameof(FirnStream), "The stream was disposed while it was read."));
        }

        lock (_copying)
            _pipe.Reader.Complete();
        lock (_credit.Gate)
            Close();
        Stream.OnInputCompleted(exception);
    }

    private void End(Exception? failure)
    {
        _isOver = true;
        if (!_isCompleted)
            _pipe.Writer.Complete(failure);
    }

    // A pipe whose reads overlap fails both of them, and its writer.
    private void Enter()
    {
        if (Interlocked.Exchange(ref _isReading, 1) != 0)
            throw new InvalidOperationException("A read of this stream is under way: wait for it before the next.");
    }

    /// <summary>
    /// Some bytes were consumed, and some looked at. The other end is granted more for the latter: a reader that waits for the rest of what it
    /// looks at would wait for ever.
    /// </summary>
    private void Release(long consumed, long examined)
    {
        _read = default;
        long news = Math.Max(examined - _ahead, 0);
        _ahead = Math.Max(examined, _ahead) - consumed;

        // Grants matter in halves of a window; a look at every quarter is soon enough.
        _unreported += news;
        if (_unreported < _window.Size / 4 && !_isOver)
            return;

        bool isGrant;
        lock (_credit.Gate)
        {
            if (_isClosed)
                return;
            isGrant = _credit.Consume(ref _window, _unreported) && !_isOver;
            if (_isOver && _window.Unread == 0)
                Close();
        }

        _unreported = 0;
        if (isGrant)
            _credit.Tell(this);
    }

    private void Close()
    {
        _isClosed = true;
        _window.Close();
    }
}
