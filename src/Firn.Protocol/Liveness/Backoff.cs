namespace Firn.Protocol;

/// <summary>
/// How long to wait before the next dial: exponential, with full jitter for every attempt, so that nodes which lost the same
/// peer at once do not come back at once. Times are monotonic milliseconds.
/// </summary>
internal struct Backoff
{
    /// <summary>Ceiling of the first delay.</summary>
    public const long DefaultFirst = 500;

    /// <summary>Ceiling of every delay.</summary>
    public const long DefaultCap = 30_000;

    /// <summary>The least delay: never a busy loop.</summary>
    public const long Floor = 50;

    /// <summary>A peer that was up for this long is dialled as if it had never failed.</summary>
    public const long StableAfter = 60_000;

    private readonly long _first;
    private readonly long _cap;
    private long _ceiling;
    private long? _upSince;

    /// <summary>The default: 500 ms, at most 30 s.</summary>
    public Backoff()
        : this(DefaultFirst, DefaultCap)
    {
    }

    /// <summary>Delays below <paramref name="first"/>, then below twice that, up to <paramref name="cap"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is under <see cref="Floor"/>, or the cap under it or over a day.</exception>
    public Backoff(long first, long cap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, Floor);
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cap, 24 * 3600_000);
        (_first, _cap, _ceiling) = (first, cap, first);
    }

    /// <summary>The delay before the next dial, evenly spread from <see cref="Floor"/> to a ceiling that doubles with each call.</summary>
    /// <param name="random01">A random number of [0, 1).</param>
    public long Next(double random01)
    {
        if (!(random01 is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(random01), random01, "expected a number of [0, 1)");

        long delay = Floor + (long)(random01 * (_ceiling - Floor + 1));
        _ceiling = Math.Min(_cap, 2 * _ceiling);
        return delay;
    }

    /// <summary>The peer is up; a session that replaces another does not begin its time anew.</summary>
    public void OnUp(long now) => _upSince ??= now;

    /// <summary>The peer is down.</summary>
    public void OnDown(long now)
    {
        if (now - _upSince >= StableAfter)
            _ceiling = _first;
        _upSince = null;
    }
}
