namespace Firn.Runtime;

/// <summary>Something that is due at a time, again and again.</summary>
internal abstract class Scheduled
{
    /// <summary>The due time that its place in the queue stands for; the schedule's own.</summary>
    internal long QueuedDue { get; set; } = long.MaxValue;

    /// <summary>Does what is due and says when to come back; <see cref="long.MaxValue"/> for not at all. Must not block.</summary>
    public abstract long OnDue(long now);
}

/// <summary>One timer and one heap for all that a node does later. Due times are milliseconds of its <see cref="NodeClock"/>.</summary>
internal sealed class Schedule : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Scheduled, long> _queue = new();
    private readonly NodeClock _clock;
    private readonly ITimer _timer;
    private long _timerDue = long.MaxValue;
    private bool _isRunning;
    private bool _isDisposed;

    public Schedule(NodeClock clock)
    {
        _clock = clock;
        _timer = clock.Time.CreateTimer(static s => ((Schedule)s!).Run(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Makes <paramref name="item"/> due at <paramref name="due"/>, or earlier if it already is.</summary>
    public void Set(Scheduled item, long due)
    {
        lock (_gate)
        {
            Enqueue(item, due);
            Arm();
        }
    }

    /// <summary>Nothing comes due any more; completes when what runs has ended.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _queue.Clear();
        }

        return _timer.DisposeAsync();
    }

    private void Run()
    {
        lock (_gate)
        {
            _timerDue = long.MaxValue;
            if (_isRunning)
                return;   // nothing runs twice at a time; whoever is at it sees to this, too
            _isRunning = true;
        }

        while (TryTake(out var item))
        {
            long next = item.OnDue(_clock.Now);
            lock (_gate)
                Enqueue(item, next);
        }

        lock (_gate)
        {
            _isRunning = false;
            Arm();
        }
    }

    private bool TryTake(out Scheduled item)
    {
        lock (_gate)
        {
            while (_queue.TryPeek(out item!, out long due) && due <= _clock.Now)
            {
                _queue.Dequeue();
                if (item.QueuedDue != due)
                    continue;   // it was made due earlier and has been there already

                item.QueuedDue = long.MaxValue;
                return true;
            }

            item = null!;
            return false;
        }
    }

    private void Enqueue(Scheduled item, long due)
    {
        if (due >= item.QueuedDue || _isDisposed)
            return;

        item.QueuedDue = due;
        _queue.Enqueue(item, due);
    }

    private void Arm()
    {
        if (_isDisposed || _isRunning || !_queue.TryPeek(out _, out long due) || due >= _timerDue)
            return;

        _timerDue = due;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, due - _clock.Now)), Timeout.InfiniteTimeSpan);
    }
}
