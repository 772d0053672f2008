namespace Firn.Testing;

/// <summary>One end of a connection in memory, a stream that reads from one pipe and writes to another.</summary>
internal sealed class MemoryDuplexStream(MemoryPipe incoming, MemoryPipe outgoing) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Two connected streams without latency, each direction holding at most <paramref name="capacity"/> bytes.</summary>
    public static (MemoryDuplexStream One, MemoryDuplexStream Other) CreatePair(int capacity = 64 * 1024)
    {
        var connection = new Lock();
        return Connect(Pipe(), Pipe());

        MemoryPipe Pipe() => new(connection, TimeProvider.System, capacity, () => TimeSpan.Zero, () => false);
    }

    /// <summary>The two ends of a connection made of these pipes.</summary>
    public static (MemoryDuplexStream One, MemoryDuplexStream Other) Connect(MemoryPipe there, MemoryPipe back)
    {
        (there.Opposite, back.Opposite) = (back, there);
        return (new MemoryDuplexStream(back, there), new MemoryDuplexStream(there, back));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        incoming.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        outgoing.WriteAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Cuts the connection: this end fails at once, the other when the reset arrives.</summary>
    public void Abort()
    {
        outgoing.Reset();
        incoming.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        outgoing.End();
        incoming.Dispose();
        base.Dispose(disposing);
    }
}
