namespace Firn.Protocol;

/// <summary>How often something may happen: a burst at once, then a rate. Times are monotonic milliseconds.</summary>
internal struct TokenBucket(int burst, int perSecond, long now)
{
    private double _left = burst;
    private long _at = now;

    /// <summary>Whether it may happen once more at <paramref name="now"/>.</summary>
    public bool TryTake(long now)
    {
        _left = Math.Min(burst, _left + ((now - _at) * perSecond / 1000.0));
        _at = now;
        if (_left < 1)
            return false;

        _left--;
        return true;
    }
}
