namespace Firn.Protocol;

/// <summary>The sending end of credit: what may still be sent of what the other end has granted, in all, since the start.</summary>
internal struct SendCredit(long initial)
{
    private long _granted = initial;
    private long _sent;

    /// <summary>What may be sent now; negative after a message was given up whose rest was not granted.</summary>
    public readonly long Available => _granted - _sent;

    /// <summary>All that was sent.</summary>
    public readonly long Sent => _sent;

    /// <summary>Something is sent, never more than <see cref="Available"/>; or is charged without being sent.</summary>
    public void Take(long amount) => _sent += amount;

    /// <summary>The other end has granted <paramref name="total"/>. Less than before, or beyond reason, is refused: false.</summary>
    public bool TryGrant(ulong total)
    {
        if (total > long.MaxValue / 2 || (long)total < _granted)
            return false;

        _granted = (long)total;
        return true;
    }
}
