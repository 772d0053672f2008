namespace Firn.Protocol;

/// <summary>
/// The receiving end of credit: how much the other end may have sent, in all, since the start of a stream or channel. The window is
/// what may be under way or unread. It doubles while it holds the sender back (all of it was used within four round trips, and little of it is unread:
/// a wider one would not help a slow reader) and the <see cref="WindowBudget"/> allows, and halves when the budget is tight; never below
/// its floor.
/// <para>Totals only rise, so a grant that is repeated does no harm. One thread may <see cref="TryReceive"/> while another
/// does the rest.</para>
/// </summary>
internal struct ReceiveWindow
{
    /// <summary>The largest window: 16 MiB.</summary>
    public const int Max = 16 * 1024 * 1024;

    private readonly WindowBudget _budget;
    private readonly int _floor;
    private readonly int _grants;
    private int _window;
    private long _granted;
    private long _received;
    private long _consumed;
    private long _lastGrant;
    private bool _isClosed;
    private long _grantBefore;   // a reader that wakes up late takes half a window at once, but not two halves

    /// <summary>
    /// A window of <paramref name="floor"/>, which the other end knows without being told. More is granted when <paramref name="grants"/>
    /// such grants make a window.
    /// </summary>
    public ReceiveWindow(WindowBudget budget, int floor, int grants = 2) =>
        (_budget, _floor, _grants, _window, _granted, _lastGrant, _grantBefore) =
        (budget, floor, grants, floor, floor, long.MinValue / 2, long.MinValue / 2);

    /// <summary>The window at present.</summary>
    public readonly int Size => _window;

    /// <summary>The total that the other end may have sent.</summary>
    public readonly long Granted => Volatile.Read(in _granted);

    /// <summary>What came and was not consumed.</summary>
    public readonly long Unread => Volatile.Read(in _received) - _consumed;

    /// <summary>What the other end may still send without a further grant.</summary>
    public readonly long Left => _granted - Volatile.Read(in _received);

    /// <summary>Something came; false when it was more than granted.</summary>
    public bool TryReceive(long amount)
    {
        long received = _received + amount;
        Volatile.Write(ref _received, received);
        return received <= Volatile.Read(ref _granted);
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
    /// Something was consumed. True when there is a grant to tell: that part of the window has been used since the last one.
    /// </summary>
    /// <param name="amount">How much.</param>
    /// <param name="now">Time in whatever unit <paramref name="roundTrip"/> has.</param>
    /// <param name="roundTrip">The round-trip time, as far as it is known; 0 if not.</param>
    public bool Consume(long amount, long now, long roundTrip)
    {
        _consumed += amount;
        if (_isClosed || _consumed + _window - _granted < _window / _grants)
            return false;

        if (_budget.IsTight)
            Shrink(Math.Max(_floor, _window - _window / _grants));     // what is granted fits into that
        else if (now - _grantBefore < 8 * roundTrip / _grants && Unread < _window / 4)
            TryGrow();
        (_grantBefore, _lastGrant) = (_lastGrant, now);
        return Grant();
    }

    /// <summary>How much of <paramref name="needed"/>, the rest of one message, may not be sent yet.</summary>
    public readonly long Missing(long needed) => Math.Max(0, needed - Left);

    /// <summary>Counts what will not come as if it had; whoever receives.</summary>
    public void Forgo(long amount) => Volatile.Write(ref _received, _received + amount);

    /// <summary>Grants <paramref name="amount"/> beside the window, for one message that is larger than that.</summary>
    public void Reserve(long amount) => Volatile.Write(ref _granted, _granted + amount);

    /// <summary>The stream or channel is over: gives its share of the budget back, and neither grows nor grants any more.</summary>
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
        Volatile.Write(ref _granted, granted);
        return isNews;
    }
}
