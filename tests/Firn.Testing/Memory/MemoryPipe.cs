namespace Firn.Testing;

/// <summary>
/// One direction of a connection in memory: a bounded queue of bytes, each due some time after it was written. A full pipe makes
/// its writer wait; a held one delivers nothing, as a network does that has failed without a word. The two pipes of a connection
/// share a lock.
/// </summary>
internal sealed class MemoryPipe(Lock connection, TimeProvider time, int capacity, Func<TimeSpan> latency, Func<bool> isHeld) : IDisposable
{
    private readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, Mark Mark, long Due);

    private enum Mark { Bytes, End, Reset }

    private readonly Lock _lock = connection;
    private readonly LinkedList<Chunk> _queue = new();
    private ITimer? _timer;
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _writable;
    private int _queued;
    private long _lastDue;
    private bool _writerClosed;
    private bool _readerClosed;
    private bool _broken;

    /// <summary>The other direction, which a reset that arrives ends as well.</summary>
    public MemoryPipe? Opposite { get; set; }

    /// <summary>All bytes ever written.</summary>
    public long Written { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!bytes.IsEmpty)
        {
            Task space;
            lock (_lock)
            {
                ThrowIfBroken();
                ObjectDisposedException.ThrowIf(_writerClosed, this);
                int length = _readerClosed ? bytes.Length : Math.Min(bytes.Length, capacity - _queued);
                if (length > 0)
                    Enqueue(bytes[..length]);
                bytes = bytes[length..];
                if (bytes.IsEmpty)
                    return;
                _writable ??= NewSignal();
                space = _writable.Task;
            }

            await space.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The bytes that are due; waits for some. An empty buffer waits too. 0 at the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            Task arrival;
            lock (_lock)
            {
                ThrowIfBroken();
                ObjectDisposedException.ThrowIf(_readerClosed, this);
                if (IsHeadDue())
                {
                    Plan();   // a reset arrives
                    ThrowIfBroken();
                    return TakeDue(buffer);
                }

                _readable ??= NewSignal();
                arrival = _readable.Task;
                Plan();
            }

            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>No more bytes will follow those written.</summary>
    public void End() => Close(Mark.End);

    /// <summary>The writer's end has gone by force; the reader learns it when the reset arrives.</summary>
    public void Reset() => Close(Mark.Reset);

    /// <summary>Nobody reads any more: what is written vanishes.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _readerClosed = true;
            _queue.Clear();
            SignalAll();
            _timer?.Dispose();
        }
    }

    /// <summary>Fails both ends at once.</summary>
    public void Break()
    {
        lock (_lock)
        {
            _broken = true;
            _queue.Clear();
            SignalAll();
            _timer?.Dispose();
        }
    }

    /// <summary>Looks again whether it is held.</summary>
    public void Recheck()
    {
        lock (_lock)
            Plan();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Close(Mark mark)
    {
        lock (_lock)
        {
            if (_writerClosed || _broken)
                return;
            _writerClosed = true;
            Signal(ref _writable);
            if (_readerClosed)
                return;
            if (mark == Mark.Reset)
                _queue.Clear();
            _queue.AddLast(new Chunk(default, mark, Due()));
            Plan();
        }
    }

    private void Enqueue(ReadOnlyMemory<byte> bytes)
    {
        Written += bytes.Length;
        if (_readerClosed)
            return;
        _queue.AddLast(new Chunk(bytes.ToArray(), Mark.Bytes, Due()));
        _queued += bytes.Length;
        Plan();
    }

    private long Due() => _lastDue = Math.Max(
        _lastDue, time.GetTimestamp() + (long)(latency().TotalSeconds * time.TimestampFrequency));

    private bool IsHeadDue() => _queue.First is { } head && head.Value.Due <= time.GetTimestamp() && !isHeld();

    private int TakeDue(Memory<byte> buffer)
    {
        int length = 0;
        while (length < buffer.Length && IsHeadDue() && _queue.First!.Value is { Mark: Mark.Bytes } head)
        {
            var part = head.Bytes[..Math.Min(head.Bytes.Length, buffer.Length - length)];
            part.CopyTo(buffer[length..]);
            length += part.Length;
            if (part.Length == head.Bytes.Length)
                _queue.RemoveFirst();
            else
                _queue.First.Value = head with { Bytes = head.Bytes[part.Length..] };
        }

        _queued -= length;
        if (length > 0)
            Signal(ref _writable);
        return length;
    }

    /// <summary>Wakes the reader if something is due, or sees to it that the timer will.</summary>
    private void Plan()
    {
        if (_broken || _readerClosed || _queue.First is not { } head || isHeld())
            return;
        if (IsHeadDue())
        {
            if (head.Value.Mark == Mark.Reset)
                BreakBoth();
            Signal(ref _readable);
            return;
        }

        if (_readable is null && head.Value.Mark != Mark.Reset)
            return;
        var wait = TimeSpan.FromSeconds((double)(head.Value.Due - time.GetTimestamp()) / time.TimestampFrequency);
        _timer ??= time.CreateTimer(_ => Recheck(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(wait.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private void BreakBoth()
    {
        Break();
        Opposite?.Break();
    }

    private void ThrowIfBroken()
    {
        if (_broken)
            throw new IOException("The connection was reset.");
    }

    private void SignalAll()
    {
        Signal(ref _readable);
        Signal(ref _writable);
    }

    private static void Signal(ref TaskCompletionSource? signal)
    {
        signal?.TrySetResult();
        signal = null;
    }
}
