namespace Firn.Testing;

/// <summary>
/// A clock that stands still until a test advances it. Its monotonic clock and its timers move together; the wall clock
/// can jump on its own, as it does when somebody sets it.
/// </summary>
/// <remarks>
/// Timers fire on the thread that calls <see cref="Advance"/>, without its synchronization context, so that what awaits a
/// timer with <c>ConfigureAwait(false)</c> has run on when <see cref="Advance"/> returns. A timer due at once fires at the
/// next advance, be it by zero.
/// </remarks>
internal sealed class VirtualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly SortedSet<VirtualTimer> _scheduled = new(Comparer<VirtualTimer>.Create(VirtualTimer.InOrder));
    private long _now = TimeSpan.TicksPerHour; // like a machine that has been up for a while: 0 is nobody's "never"
    private long _wallOffset = start.UtcTicks - TimeSpan.TicksPerHour;
    private long _lastOrdinal;
    private bool _advancing;

    public VirtualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return new DateTimeOffset(_now + _wallOffset, TimeSpan.Zero);
        }
    }

    /// <summary>Sets the wall clock forward or back; timers and timestamps do not notice.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        lock (_lock)
        {
            _wallOffset += by.Ticks;
        }
    }

    /// <summary>
    /// Moves time forward and fires every timer that comes due on the way, each at its own instant, in order of due time
    /// and then of scheduling. What a callback throws comes out here, with time standing at that timer's instant.
    /// </summary>
    /// <exception cref="InvalidOperationException">Time is being advanced already, by a timer's callback or another thread.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long end = BeginAdvance(by);
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            while (TakeNextDue(end) is { } timer)
            {
                timer.Fire();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            lock (_lock)
            {
                _advancing = false;
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private long BeginAdvance(TimeSpan by)
    {
        lock (_lock)
        {
            if (_advancing)
            {
                throw new InvalidOperationException("Virtual time is being advanced already; one driver advances it, and no timer's callback.");
            }

            _advancing = true;
            return _now + by.Ticks;
        }
    }

    private VirtualTimer? TakeNextDue(long end)
    {
        lock (_lock)
        {
            if (_scheduled.Min is not { } next || next.Due > end)
            {
                _now = end;
                return null;
            }

            _now = next.Due;
            _scheduled.Remove(next);
            if (next.Period > 0)
            {
                Schedule(next, next.Due + next.Period);
            }

            return next;
        }
    }

    private void Schedule(VirtualTimer timer, long due)
    {
        timer.Due = due;
        timer.Ordinal = ++_lastOrdinal;
        _scheduled.Add(timer);
    }

    private sealed class VirtualTimer(VirtualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private Task _running = Task.CompletedTask;
        private bool _disposed;

        public long Due { get; set; }

        public long Ordinal { get; set; }

        /// <summary>Ticks between firings; 0 for a timer that fires once.</summary>
        public long Period { get; private set; }

        public static int InOrder(VirtualTimer x, VirtualTimer y) => (x.Due, x.Ordinal).CompareTo((y.Due, y.Ordinal));

        public void Fire()
        {
            var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (time._lock)
            {
                if (_disposed)
                {
                    return;
                }

                _running = running.Task;
            }

            try
            {
                callback(state);
            }
            finally
            {
                running.SetResult();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            ThrowUnlessTimeout(dueTime, nameof(dueTime));
            ThrowUnlessTimeout(period, nameof(period));
            lock (time._lock)
            {
                if (_disposed)
                {
                    return false;
                }

                time._scheduled.Remove(this);
                Period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    time.Schedule(this, time._now + dueTime.Ticks);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                _disposed = true;
                time._scheduled.Remove(this);
            }
        }

        /// <summary>Completes, like a timer of the system, when a callback that runs has ended.</summary>
        public ValueTask DisposeAsync()
        {
            Dispose();
            lock (time._lock)
            {
                return new ValueTask(_running);
            }
        }

        private static void ThrowUnlessTimeout(TimeSpan value, string name)
        {
            if (value != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, name);
            }
        }
    }
}
