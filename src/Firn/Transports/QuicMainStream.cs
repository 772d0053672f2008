using System.Net.Quic;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace Firn.Transports;

/// <summary>
/// The main stream of a connection. It ends as one over TCP does: what was written before arrives, though the end of a QUIC connection
/// discards whatever its other end has not read yet.
/// </summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal sealed class QuicMainStream(QuicStream stream) : Stream
{
    private const int Reading = 1, Ending = 2;

    private int _state;

    public override bool CanRead => stream.CanRead;

    public override bool CanWrite => stream.CanWrite;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Two reads at a time would take each other's result.
        int before = Interlocked.CompareExchange(ref _state, Reading, 0);
        ObjectDisposedException.ThrowIf(before == Ending, this);
        if (before == Reading)
            throw new InvalidOperationException("A read is under way: wait for it before the next.");
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.CompareExchange(ref _state, 0, Reading);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.WriteAsync(buffer, cancellationToken);

    /// <summary>Says the end, and waits for the other end's, which has read all by then.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        stream.CompleteWrites();
        var dropped = new byte[4096];
        if (Interlocked.Exchange(ref _state, Ending) == Reading)
            await stream.ReadsClosed.WaitAsync(cancellationToken).ConfigureAwait(false);   // whoever reads comes to the end
        while (await stream.ReadAsync(dropped, cancellationToken).ConfigureAwait(false) > 0)
        {
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Links are read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Links are written asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
