namespace Firn.Protocol;

/// <summary>What <see cref="Liveness.Check"/> wants done.</summary>
internal enum LivenessAction
{
    /// <summary>Nothing until <see cref="Liveness.NextCheck"/>.</summary>
    Nothing,

    /// <summary>Send a ping.</summary>
    SendPing,

    /// <summary>End the session: timeout.</summary>
    Dead,
}

/// <summary>
/// Whether the other end of a session still lives. Any received byte is life, so a pong that waits behind data accuses nobody;
/// an end that is silent for the interval is pinged, and dead when it stays silent for the deadline after that interval.
/// Two more pings, which accuse nobody, keep the RTT fresh: one soon after the start (<see cref="FirstPing"/>), and one whenever the
/// last sample is <see cref="SampleIntervals"/> intervals old although bytes flow.
/// <para>
/// Two idle ends whose intervals are the same would ping each other at the same time, for nothing. So one of them asks early,
/// after fifteen sixteenths of the interval, and at times that are the same for all its sessions: their pings leave in few runs of
/// one thread, and their pongs come back in bunches. Neither end's verdict is earlier for that.
/// </para>
/// <para>
/// All times are monotonic milliseconds. <see cref="OnReceived"/> and <see cref="OnRttSample"/> belong to the read loop and do not
/// reschedule; <see cref="Check"/> and <see cref="NextCheck"/> belong to the schedule. The two may run at the same time.
/// </para>
/// </summary>
internal struct Liveness
{
    /// <summary>An RTT sample older than this many intervals is renewed.</summary>
    public const int SampleIntervals = 4;

    /// <summary>The first ping comes so many milliseconds after the start, or an interval after it if that is shorter: making a session costs none.</summary>
    public const int FirstPing = 100;

    /// <summary>Who asks early does so by this part of the interval.</summary>
    public const int Early = 16;

    /// <summary>In so many runs per round the pings of all sessions of a node leave that ask early.</summary>
    public const int Runs = 4;

    // Timers are this late on a busy machine; only more than that means that this process did not run.
    private const long MinTolerance = 250;

    private readonly long _interval;
    private readonly long _deadline;
    private readonly bool _asksEarly;
    private long _lastReceived;
    private long _lastSample;
    private long _lastPing;
    private long _accusedAt;

    /// <summary>A session that starts at <paramref name="now"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A span below 1 ms or above <see cref="int.MaxValue"/> ms.</exception>
    public Liveness(long interval, long deadline, long now, bool asksEarly = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(interval);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deadline);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, int.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(deadline, int.MaxValue);
        (_interval, _deadline, _asksEarly) = (interval, deadline, asksEarly);
        _lastReceived = now;
        _accusedAt = now;
        _lastPing = now + Math.Min(FirstPing, interval) - interval;
        _lastSample = now - (SampleIntervals * interval);
        NextCheck = Math.Min(AskDue(now), SampleDue);
    }

    /// <summary>When to call <see cref="Check"/> again.</summary>
    public long NextCheck { get; private set; }

    /// <summary>
    /// How late a check may be: a quarter of the shorter span, but at least 250 ms. Later than that, this process
    /// was suspended or starved, and what the peer sent may wait unread.
    /// </summary>
    public readonly long Tolerance => Math.Max(MinTolerance, Math.Min(_interval, _deadline) / 4);

    /// <summary>Bytes came, of whatever kind.</summary>
    public void OnReceived(long now) => Volatile.Write(ref _lastReceived, now);

    /// <summary>A pong came, so the RTT is known as of <paramref name="now"/>.</summary>
    public void OnRttSample(long now) => Volatile.Write(ref _lastSample, now);

    /// <summary>What to do at <paramref name="now"/>; sets <see cref="NextCheck"/>. A call before that is harmless.</summary>
    public LivenessAction Check(long now)
    {
        bool wasAsleep = now - NextCheck > Tolerance;
        long lastReceived = Volatile.Read(ref _lastReceived);
        bool isAccused = _accusedAt > lastReceived;

        if (isAccused && !wasAsleep && now >= DeadAt(lastReceived))
            return LivenessAction.Dead;

        // Who was asleep itself begins again: a new ping, a full deadline.
        bool accuses = isAccused ? wasAsleep : now >= AskDue(lastReceived);
        if (accuses)
            (_accusedAt, isAccused) = (now, true);

        bool pings = accuses || (!isAccused && now >= SampleDue);
        if (pings)
            _lastPing = now;

        // An accusation is looked at in quarters, so that a sleep in its middle is noticed at its end; and at least once an
        // interval, so that after a sign of life the next accusation is in time.
        NextCheck = isAccused
            ? Math.Min(DeadAt(lastReceived), now + Math.Max(1, Math.Min(_deadline / 4, _interval)))
            : Math.Min(AskDue(lastReceived), SampleDue);
        return pings ? LivenessAction.SendPing : LivenessAction.Nothing;
    }

    // An early ping is no early accusation: the deadline begins when the interval is over.
    private readonly long DeadAt(long lastReceived) => Math.Max(_accusedAt, lastReceived + _interval) + _deadline;

    private readonly long AskDue(long lastReceived)
    {
        if (!_asksEarly)
            return lastReceived + _interval;

        long period = _interval - (_interval / Early);
        long due = lastReceived + period;
        return due - (due % Math.Max(1, period / Runs));
    }

    // At most one ping per interval while no pong comes.
    private readonly long SampleDue => Math.Max(_lastSample + (SampleIntervals * _interval), _lastPing + _interval);
}
