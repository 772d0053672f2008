namespace Firn.Protocol;

/// <summary>
/// Round-trip time from samples taken with a nonce and the local monotonic clock (RFC 6298, section 2).
/// </summary>
internal struct RttEstimator
{
    /// <summary>The timeout before any sample, and the least one (RFC 6298, 2.1 and 2.4).</summary>
    public static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The longest timeout (RFC 6298, 2.5).</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(60);

    private bool _hasSample;
    private long _smoothed;     // all in ticks of 100 ns
    private long _variation;
    private long _min;
    private long _latest;

    /// <summary>SRTT; null before the first sample.</summary>
    public readonly TimeSpan? Smoothed => Of(_smoothed);

    /// <summary>RTTVAR, the mean deviation; null before the first sample.</summary>
    public readonly TimeSpan? Variation => Of(_variation);

    /// <summary>The shortest sample; null before the first.</summary>
    public readonly TimeSpan? Min => Of(_min);

    /// <summary>The last sample; null before the first.</summary>
    public readonly TimeSpan? Latest => Of(_latest);

    /// <summary>RTO: how long to wait for an answer, from <see cref="MinTimeout"/> to <see cref="MaxTimeout"/>.</summary>
    public readonly TimeSpan Timeout
    {
        get
        {
            var timeout = TimeSpan.FromTicks(_smoothed) + TimeSpan.FromTicks(4 * _variation);
            return timeout < MinTimeout ? MinTimeout : timeout > MaxTimeout ? MaxTimeout : timeout;
        }
    }

    /// <summary>Takes a sample in.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative (the clock is not monotonic) or longer than a day.</exception>
    public void Add(TimeSpan sample)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sample, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sample, TimeSpan.FromDays(1));
        _latest = sample.Ticks;
        if (!_hasSample)
        {
            (_hasSample, _smoothed, _variation, _min) = (true, _latest, _latest / 2, _latest);
            return;
        }

        // The deviation is taken from the old mean: the order matters (RFC 6298, 2.3).
        _variation += (Math.Abs(_smoothed - _latest) - _variation) / 4;
        _smoothed += (_latest - _smoothed) / 8;
        _min = Math.Min(_min, _latest);
    }

    private readonly TimeSpan? Of(long ticks) => _hasSample ? TimeSpan.FromTicks(ticks) : null;
}
