using System.Buffers;
using System.IO.Pipelines;
using Firn.Streams;

namespace Firn;

/// <summary>
/// A duplex stream of bytes between two nodes, one of many on their session. Each direction has its own credit, so a stream that is
/// not read holds up nobody but its writer. One read and one write may be under way at a time. It ends with the session:
/// <see cref="IOException"/>, with a <see cref="FirnException"/> inside.
/// </summary>
public sealed class FirnStream : Stream
{
    private readonly StreamTable _table;
    private readonly Lazy<PipeWriter> _writer;
    private int _isDisposed;
    private volatile bool _isAborted;

    internal FirnStream(StreamTable table, Peer peer, string protocol, uint id, StreamInput received, StreamOutput sending)
    {
        (_table, Peer, Protocol, Id, Received, Sending) = (table, peer, protocol, id, received, sending);
        _writer = new Lazy<PipeWriter>(() => PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true)));
    }

    /// <summary>The node at the other end.</summary>
    public Peer Peer { get; }

    /// <summary>What the stream was opened for.</summary>
    public string Protocol { get; }

    /// <summary>
    /// The same bytes as a pipe. Use either this or <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>. Completing it is not
    /// needed; disposing the stream does.
    /// </summary>
    public PipeReader Input => Received;

    /// <summary>
    /// A pipe into the stream, which collects small writes until it is flushed. Use either this or
    /// <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>. Completing it flushes; <see cref="CompleteWrites"/> then says the end.
    /// </summary>
    public PipeWriter Output => _writer.Value;

    /// <inheritdoc/>
    public override bool CanRead => _isDisposed == 0;

    /// <inheritdoc/>
    public override bool CanWrite => _isDisposed == 0;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    internal uint Id { get; }

    internal StreamInput Received { get; }

    internal StreamOutput Sending { get; }

    /// <summary>Whether the stream was reset or its session is over.</summary>
    internal bool IsAborted => _isAborted;

    /// <summary>
    /// Writes <paramref name="buffer"/>; completes when all of it is on its way to the connection, so it waits for the reader's credit.
    /// A write that is cancelled half-way resets the stream.
    /// </summary>
    /// <exception cref="StreamResetException">Either end reset the stream.</exception>
    /// <exception cref="IOException">The session is over.</exception>
    /// <exception cref="InvalidOperationException">After <see cref="CompleteWrites"/>, or while another write is under way.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        return Sending.WriteAsync(buffer, cancellationToken);
    }

    /// <summary>Reads what is there, at least one byte; 0 when the other end has completed its writes and all was read.</summary>
    /// <exception cref="StreamResetException">Either end reset the stream.</exception>
    /// <exception cref="IOException">The session is over.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        var result = await Received.ReadAsync(cancellationToken).ConfigureAwait(false);
        var there = result.Buffer;
        int length = (int)Math.Min(there.Length, buffer.Length);
        var taken = there.Slice(0, length);
        taken.CopyTo(buffer.Span);
        Received.AdvanceTo(taken.End, length == 0 && !there.IsEmpty ? there.Start : taken.End);
        return length;
    }

    /// <summary>Says that no more comes; the other end reads what was written, then the end. Reading goes on.</summary>
    /// <exception cref="InvalidOperationException">A write is under way.</exception>
    public void CompleteWrites()
    {
        if (!Sending.TryEnd())
            throw new InvalidOperationException("A write to this stream is under way: wait for it before the end is said.");
        OnHalfOver();
    }

    /// <summary>Ends both directions at once, with a code for the other end: what is under way is lost.</summary>
    /// <param name="code">One of <see cref="StreamResetCode"/>, or an application's own.</param>
    public void Reset(uint code = StreamResetCode.Cancelled)
    {
        var failure = new StreamResetException(code, $"The stream {Protocol} with {Peer} was reset here, with code {code}.");
        _isAborted = true;
        long stray = Received.IsOver ? 0 : Received.Left;
        Sending.Reset(code, failure);
        Received.End(failure);
        _table.Forget(this, stray);
    }

    /// <summary>Says the end, and resets the stream if the other end has more to say.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            if (_writer.IsValueCreated)
                await FlushQuietlyAsync().ConfigureAwait(false);
            if (Sending.TryEnd() && Received.IsOver)
                OnHalfOver();
            else
                Reset();
            Received.Complete();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Nothing: a write is on its way when it completes.</summary>
    public override void Flush()
    {
    }

    /// <summary>Nothing: a write is on its way when it completes.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Reads, blocking the thread; prefer <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <summary>Writes, blocking the thread; prefer <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The other end has reset the stream.</summary>
    internal void OnReset(uint code)
    {
        var failure = new StreamResetException(code, Describe(code));
        _isAborted = true;
        Sending.Abort(failure);
        Received.End(failure);
        _table.Forget(this, stray: 0);
    }

    /// <summary>Nobody here serves its protocol.</summary>
    internal void Refuse()
    {
        Reset(StreamResetCode.UnknownProtocol);
        Received.Complete();
    }

    /// <summary>The session is over.</summary>
    internal void Abort(IOException failure)
    {
        _isAborted = true;
        Sending.Abort(failure);
        Received.End(failure);
    }

    /// <summary>One direction has ended; when both have, the session forgets the stream.</summary>
    internal void OnHalfOver()
    {
        if (Received.IsOver && Sending.IsEnding)
            _table.Forget(this, stray: 0);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _isDisposed == 0)
            DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private async Task FlushQuietlyAsync()
    {
        try
        {
            await Output.CompleteAsync().ConfigureAwait(false);
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
        StreamResetCode.HandlerFailed => $"The handler of the stream {Protocol} at {Peer} failed; its log says why.",
        _ => $"{Peer} reset the stream {Protocol} with code {code}.",
    };
}
