using System.IO.Pipelines;

namespace Firn.Streams;

/// <summary>A stream's <see cref="FirnStream.Output"/>: collects what is written to it, and says the stream's end when it is completed.</summary>
internal sealed class StreamPipeWriter(FirnStream stream) : PipeWriter
{
    private readonly PipeWriter _inner = Create(stream, new StreamPipeWriterOptions(leaveOpen: true));

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _inner.UnflushedBytes;

    public override void Advance(int bytes) => _inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _inner.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => _inner.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        _inner.WriteAsync(source, cancellationToken);

    public override void CancelPendingFlush() => _inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        _inner.Complete(exception);
        End(exception);
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        await _inner.CompleteAsync(exception).ConfigureAwait(false);
        End(exception);
    }

    // Half of something that failed is not to pass for all of it.
    private void End(Exception? exception)
    {
        if (exception is null)
            stream.EndWrites();
        else
            stream.Reset();
    }
}
