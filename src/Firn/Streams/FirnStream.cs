using System.IO.Pipelines;
using Firn.Streams;

namespace Firn;

/// <summary>
/// A duplex stream of bytes between two nodes, one of many on their session. Each direction has its own credit, so a stream that is
/// not read holds up nobody but its writer. One read and one write may be under way at a time; a second one is refused with
/// <see cref="InvalidOperationException"/>. It ends with the session: <see cref="IOException"/>, with a <see cref="FirnException"/> inside.
/// </summary>
/// <remarks>
/// Disposing it ends the writing in good order, so that the other end reads all that was written, then the end; if that end has more to say,
/// its writes fail with <see cref="StreamResetException"/>. To throw away what is under way, <see cref="Reset(uint)"/> it first.
/// </remarks>
public sealed class FirnStream : Stream
{
    private readonly StreamTable _table;
    private PipeWriter? _output;
    private volatile int _disposal;   // 0, Disposing or Disposed
    private volatile bool _isAborted;

    private const int Disposing = 1, Disposed = 2;

    internal FirnStream(StreamTable table, Peer peer, string protocol, uint id, StreamInput received, IStreamOutput sending)
    {
        (_table, Peer, Protocol, Id, Received, Sending) = (table, peer, protocol, id, received, sending);
        (received.Stream, sending.Stream) = (this, this);
    }

    /// <summary>The node at the other end.</summary>
    public Peer Peer { get; }

    /// <summary>What the stream was opened for.</summary>
    public string Protocol { get; }

    /// <summary>
    /// The same bytes as a pipe. Use either this or <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>. What was examined and not
    /// consumed stays in memory, and the other end may send on. Completing it says that nothing more is read: what still comes is dropped
    /// (with an exception: the stream is reset). Disposing the stream completes it.
    /// </summary>
    public PipeReader Input => Received;

    /// <summary>
    /// A pipe into the stream, which collects small writes until it is flushed. Use either this or
    /// <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>. Completing it flushes and says the end, as <see cref="CompleteWrites"/>
    /// does (with an exception: the stream is reset). Disposing the stream completes it.
    /// </summary>
    public PipeWriter Output =>
        _output ?? Interlocked.CompareExchange(ref _output, new StreamPipeWriter(this), null) ?? _output;

    /// <inheritdoc/>
    public override bool CanRead => _disposal != Disposed;

    /// <inheritdoc/>
    public override bool CanWrite => _disposal != Disposed && !Sending.IsEnding;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    internal uint Id { get; }

    /// <summary>What may still come in frames after this end has let go of it.</summary>
    private long Stray => Sending.IsNative ? 0 : Received.Left;

    internal StreamInput Received { get; }

    internal IStreamOutput Sending { get; }

    /// <summary>Whether the stream was reset or its session is over.</summary>
    internal bool IsAborted => _isAborted;

    /// <summary>Whether this end neither writes nor reads any more: with the other end's part, the stream is over.</summary>
    internal bool IsOverHere => _isAborted || (Sending.IsEnding && (Received.IsOver || Received.IsCompleted));

    /// <summary>
    /// Writes <paramref name="buffer"/>; completes when all of it is on its way to the connection, so it waits for the other end to read.
    /// A write that is cancelled before its first byte has no effect; one that is cancelled half-way resets the stream.
    /// </summary>
    /// <exception cref="StreamResetException">Either end reset the stream.</exception>
    /// <exception cref="IOException">The session is over.</exception>
    /// <exception cref="InvalidOperationException">After <see cref="CompleteWrites"/>, or while another write is under way.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposal == Disposed, this);
        return Sending.WriteAsync(buffer, cancellationToken);
    }

    /// <summary>
    /// Reads what is there, at least one byte; 0 when the other end has completed its writes and all was read. With an empty buffer it waits
    /// until there is something. A read that is cancelled loses nothing.
    /// </summary>
    /// <exception cref="StreamResetException">Either end reset the stream.</exception>
    /// <exception cref="IOException">The session is over.</exception>
    /// <exception cref="InvalidOperationException">Another read is under way.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposal == Disposed, this);
        return Received.ReadAsync(buffer, cancellationToken);
    }

    /// <summary>Says that no more comes; the other end reads what was written, then the end. Reading goes on.</summary>
    /// <exception cref="InvalidOperationException">A write is under way, or <see cref="Output"/> holds bytes that were not flushed.</exception>
    public void CompleteWrites()
    {
        if (_output is { UnflushedBytes: > 0 and var unflushed })
            throw new InvalidOperationException($"Output holds {unflushed} bytes that were not flushed: complete it instead.");
        EndWrites();
    }

    /// <summary>Ends both directions at once, with a code for the other end: what is under way is lost.</summary>
    /// <param name="code">One of <see cref="StreamResetCode"/>, or an application's own.</param>
    public void Reset(uint code = StreamResetCode.Cancelled) => Reset(code, $"it was reset here, with code {code}");

    /// <summary>
    /// Sends what <see cref="Output"/> holds, ends the writing and drops what was not read. Resets the stream if a write is under way.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.CompareExchange(ref _disposal, Disposing, 0) == 0)
        {
            if (_output is not null)
                await CompleteQuietlyAsync(_output).ConfigureAwait(false);
            _disposal = Disposed;
            if (!Sending.TryEnd())
                Reset();
            Received.Complete();
            Settle();   // the input may have been completed before the writing ended here
            _table.OnDisposed(this);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Nothing: a write is on its way when it completes.</summary>
    public override void Flush()
    {
    }

    /// <summary>Nothing: a write is on its way when it completes.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Reads, blocking the thread; prefer <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Writes, blocking the thread; prefer <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Ends both directions at once; <paramref name="why"/> is for this end.</summary>
    internal void Reset(uint code, string why)
    {
        var failure = new StreamResetException(code, $"The stream {Protocol} with {Peer} is over: {why}.");
        _isAborted = true;
        Sending.Reset(code, failure);
        _table.Forget(this, Stray);
        Received.Cut(failure);
    }

    /// <summary>The other end has reset the stream.</summary>
    internal void OnReset(uint code)
    {
        Abort(new StreamResetException(code, Describe(code)));
        _table.Forget(this, stray: 0);
    }

    /// <summary>The other end reads no more; what it has written still comes.</summary>
    internal void OnStopped(uint code)
    {
        _isAborted = true;
        Sending.Abort(new StreamResetException(code, Describe(code)));
        Settle();
    }

    /// <summary>It is not served here: <paramref name="code"/> says why.</summary>
    internal void Refuse(uint code)
    {
        Reset(code);
        Received.Complete();
    }

    /// <summary>The session is over, or the other end has ended the stream.</summary>
    internal void Abort(IOException failure)
    {
        _isAborted = true;
        Sending.Abort(failure);
        Received.Cut(failure);
    }

    /// <summary>Says that no more comes.</summary>
    internal void EndWrites()
    {
        if (!Sending.TryEnd())
            throw new InvalidOperationException("A write to this stream is under way: wait for it before the end is said.");
        Settle();
    }

    /// <summary>Nothing more is read here.</summary>
    internal void OnInputCompleted(Exception? exception)
    {
        if (exception is not null)
            Reset();
        else if (!Received.IsOver && !Sending.IsEnding)
            Received.Drop();
        Settle();
    }

    /// <summary>One direction has ended; when both have, the session forgets the stream.</summary>
    internal void Settle()
    {
        Interlocked.MemoryBarrier();   // of two who end a direction each at the same moment, one sees both
        if (!Sending.IsEnding && !_isAborted)
            return;
        if (Received.IsOver)
        {
            _table.Forget(this, stray: 0);
        }
        else if (Received.IsCompleted)
        {
            Sending.Stop();
            _table.Forget(this, Stray);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _disposal == 0)
            DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private static async Task CompleteQuietlyAsync(PipeWriter output)
    {
        try
        {
            await output.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The stream is over: whoever cared was told when it wrote.
        }
    }

    private string Describe(uint code) => code switch
    {
        StreamResetCode.Cancelled => $"{Peer} no longer wants the stream {Protocol}.",
        StreamResetCode.UnknownProtocol => $"{Peer} handles no streams of the protocol {Protocol}: HandleStreams there with that name first.",
        StreamResetCode.Busy => $"{Peer} serves as many streams as it takes, and no more of {Protocol} now: try again later.",
        StreamResetCode.HandlerFailed => $"The handler of the stream {Protocol} at {Peer} failed; its log says why.",
        _ => $"{Peer} reset the stream {Protocol} with code {code}.",
    };
}
