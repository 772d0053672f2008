using System.IO.Pipelines;
using System.Threading.Channels;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>One end of the native streams of a connection in memory. Like those of QUIC they arrive in order each, and in no order among each other.</summary>
internal sealed class MemoryNativeStreams : INativeStreams
{
    private readonly Channel<INativeStream> _arrived = Channel.CreateUnbounded<INativeStream>();
    private readonly List<MemoryNativeStream> _all = [];
    private MemoryNativeStreams _other = null!;
    private uint _last;
    private bool _isOver;

    private MemoryNativeStreams(bool isInitiator) => _last = isInitiator ? uint.MaxValue : 0;

    /// <summary>Both ends, the one that dialled first.</summary>
    public static (MemoryNativeStreams, MemoryNativeStreams) Create()
    {
        var (initiator, acceptor) = (new MemoryNativeStreams(isInitiator: true), new MemoryNativeStreams(isInitiator: false));
        (initiator._other, acceptor._other) = (acceptor, initiator);
        return (initiator, acceptor);
    }

    public async ValueTask<INativeStream> OpenAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        lock (_all)
        {
            if (_isOver)
                throw Over();
            uint id = unchecked(_last += 2);
            var (there, back) = (new MemoryDirection(), new MemoryDirection());
            var theirs = new MemoryNativeStream(id, reads: there, writes: back, announce: null);
            var mine = new MemoryNativeStream(id, reads: back, writes: there, announce: () => _other._arrived.Writer.TryWrite(theirs));
            _all.Add(mine);
            _all.Add(theirs);
            return mine;
        }
    }

    public async ValueTask<INativeStream> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _arrived.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw Over();
        }
    }

    /// <summary>The connection is over, at both ends.</summary>
    public void End()
    {
        EndHere();
        _other.EndHere();
    }

    private void EndHere()
    {
        MemoryNativeStream[] all;
        lock (_all)
        {
            _isOver = true;
            all = [.. _all];
        }

        _arrived.Writer.TryComplete();
        foreach (var stream in all)
            stream.End();
    }

    private static IOException Over() => new("The connection is over.");
}

/// <summary>One end of a native stream in memory; the other end hears of it with the first thing that is done to it.</summary>
internal sealed class MemoryNativeStream(uint id, MemoryDirection reads, MemoryDirection writes, Action? announce) : INativeStream
{
    private Action? _announce = announce;

    public uint Id => id;

    public Task WritesClosed => writes.Closed;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => reads.ReadAsync(buffer, cancellationToken);

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool isEnd)
    {
        Announce();
        await Task.Yield();   // it is on its way before it is there
        writes.Write(bytes.Span, isEnd);
    }

    public void AbortRead(long code)
    {
        Announce();
        reads.Fail(new IOException("This end reads no more."), new NativeAbortException(code));
    }

    public void AbortWrite(long code)
    {
        Announce();
        writes.Fail(new NativeAbortException(code), new IOException("This end writes no more."));
    }

    public void End() => reads.Fail(new IOException("The connection is over."), new IOException("The connection is over."));

    public ValueTask DisposeAsync()
    {
        reads.Fail(new ObjectDisposedException(nameof(MemoryNativeStream)), new NativeAbortException(NativeAbortException.SessionOver));
        return ValueTask.CompletedTask;
    }

    private void Announce() => Interlocked.Exchange(ref _announce, null)?.Invoke();
}

/// <summary>The bytes of a native stream in one direction.</summary>
internal sealed class MemoryDirection
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Exception? _failure;   // what a write fails with
    private bool _isOver;

    /// <summary>Whether all is said, or why no more is.</summary>
    public Task Closed => _closed.Task;

    public void Write(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        lock (_lock)
        {
            if (_isOver)
                throw _failure ?? new InvalidOperationException("It was ended before.");
            bytes.CopyTo(_pipe.Writer.GetSpan(Math.Max(bytes.Length, 1)));
            _pipe.Writer.Advance(bytes.Length);
            _ = _pipe.Writer.FlushAsync().AsTask();
            if (!isEnd)
                return;
            _isOver = true;
            _pipe.Writer.Complete();
        }

        _closed.TrySetResult();
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await _pipe.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        int length = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var taken = result.Buffer.Slice(0, length);
        System.Buffers.BuffersExtensions.CopyTo(taken, buffer.Span);
        _pipe.Reader.AdvanceTo(taken.End);
        return length;
    }

    /// <summary>Ends it: the reader fails with the one, and the writer, who had not said the end, with the other.</summary>
    public void Fail(Exception reading, Exception writing)
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            (_isOver, _failure) = (true, writing);
            _pipe.Writer.Complete(reading);
        }

        _closed.TrySetException(writing);
        _ = _closed.Task.Exception;   // perhaps nobody looks
    }
}
