namespace Firn.Protocol;

/// <summary>
/// The receiving end of credit: how much the other end may have sent, in all, since the start of a stream or channel. The window is
/// what may be under way or unread. It doubles while it holds the sender back (it was used up within two round trips) and the
/// <see cref="WindowBudget"/> allows, and halves when the budget is tight; never below its floor.
/// <para>Totals only rise, so a grant that is repeated does no harm. Not safe for several threads.</para>
/// </summary>
internal struct ReceiveWindow
{
    /// <summary>The largest window: 16 MiB.</summary>
    public const int Max = 16 * 1024 * 1024;

    private readonly WindowBudget _budget;
    private readonly int _floor;
    private int _window;
    private long _granted;
    private long _received;
    private long _consumed;
    private long _reserved;
    private long _lastGrant;
    private bool _isClosed;

    /// <summary>A window of <paramref name="floor"/>, which the other end knows without being told.</summary>
    public ReceiveWindow(WindowBudget budget, int floor) =>
        (_budget, _floor, _window, _granted, _lastGrant) = (budget, floor, floor, floor, long.MinValue / 2);

    /// <summary>The window at present.</summary>
    public readonly int Size => _window;

    /// <summary>The total that the other end may have sent.</summary>
    public readonly long Granted => _granted;

    /// <summary>What came and was not consumed.</summary>
    public readonly long Unread => _received - _consumed;

    /// <summary>What is granted beyond the window, out of the reserve for messages.</summary>
    public readonly long Reserved => _reserved;

    /// <summary>What the other end may still send without a further grant.</summary>
    public readonly long Left => _granted - _received;

    /// <summary>Something came; false when it was more than granted.</summary>
    public bool TryReceive(long amount)
    {
        _received += amount;
        return _received <= _granted;
    }

    /// <summary>Widens to <paramref name="size"/> as far as the budget goes. True when there is a grant to tell.</summary>
    public bool TryWiden(int size)
    {
        long extra = Math.Min(size - _window, _budget.Free);
        if (extra <= 0 || _isClosed || !_budget.TryTake(extra))
            return false;

        _window += (int)extra;
        return Grant();
    }

    /// <summary>
    /// Something was consumed. True when there is a grant to tell: half of the window has been used since the last one.
    /// </summary>
    /// <param name="amount">How much.</param>
    /// <param name="now">Time in whatever unit <paramref name="roundTrip"/> has.</param>
    /// <param name="roundTrip">The round-trip time, as far as it is known; 0 if not.</param>
    public bool Consume(long amount, long now, long roundTrip)
    {
        _consumed += amount;
        if (_isClosed || _consumed + _window - _granted < _window / 2)
            return false;

        if (_budget.IsTight)
            Shrink(Math.Max(_floor, _window - _window / 2));     // what is granted fits into that
        else if (now - _lastGrant < 2 * roundTrip)
            TryGrow();
        _lastGrant = now;
        return Grant();
    }

    /// <summary>Grants <paramref name="needed"/> from here on beside the window, for one message that is larger than that.</summary>
    /// <param name="needed">What the rest of the message takes; the caller took as much of it as is <see cref="Missing"/> from the reserve for messages.</param>
    public void Reserve(long needed)
    {
        long missing = Missing(needed);
        _reserved += missing;
        _granted += missing;
    }

    /// <summary>How much of <paramref name="needed"/> is not granted yet.</summary>
    public readonly long Missing(long needed) => Math.Max(0, needed - Left);

    /// <summary>
    /// The message has been consumed or given up: returns what goes back to the reserve. Of one that was given up, what is granted
    /// beyond the window stays reserved, since the other end may still use it, until a later call finds it consumed.
    /// </summary>
    public long TakeReserved()
    {
        long inUse = _isClosed ? 0 : Math.Clamp(_granted - _consumed - _window, 0, _reserved);
        long free = _reserved - inUse;
        _reserved = inUse;
        return free;
    }

    /// <summary>
    /// The stream or channel is over: gives its share of the budget back and grants nothing more. What is reserved is
    /// <see cref="TakeReserved"/>'s to give.
    /// </summary>
    public void Close()
    {
        _isClosed = true;
        Shrink(_floor);
    }

    private void TryGrow()
    {
        int extra = Math.Min(_window, Max - _window);
        if (extra > 0 && _budget.TryTake(extra))
            _window += extra;
    }

    private void Shrink(int size)
    {
        _budget.Return(_window - size);
        _window = size;
    }

    private bool Grant()
    {
        long granted = Math.Max(_granted, _consumed + _window);
        bool isNews = granted != _granted;
        _granted = granted;
        return isNews;
    }
}
