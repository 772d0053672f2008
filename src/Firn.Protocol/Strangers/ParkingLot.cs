namespace Firn.Protocol;

/// <summary>The strangers that wait: served source by source, each source's first come first; the busiest source gives way.</summary>
internal sealed class ParkingLot(StrangerLimits limits)
{
    private readonly LinkedList<SourceLoad> _turns = [];
    private readonly SortedSet<SourceLoad> _byLoad = new(Comparer<SourceLoad>.Create(CompareLoads));

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Who has to leave before one of <paramref name="load"/> can be added; null when there is room.</summary>
    public Stranger? MustLeaveFor(SourceLoad load) =>
        load.Parked.Count >= limits.ParkedPerSource ? load.Parked.First!.Value
        : Count >= limits.Parked ? _byLoad.Max!.Parked.First!.Value
        : null;

    public void Add(Stranger stranger)
    {
        var load = stranger.Load;
        _byLoad.Remove(load);   // its order changes with its queue
        stranger.Enqueue(load.Parked);
        Count++;
        _byLoad.Add(load);
        if (load.Turn.List is null)
            _turns.AddLast(load.Turn);
    }

    public void Remove(Stranger stranger)
    {
        var load = stranger.Load;
        _byLoad.Remove(load);
        stranger.LeaveQueue();
        Count--;
        if (load.Parked.Count > 0)
            _byLoad.Add(load);
        else
            _turns.Remove(load.Turn);
    }

    /// <summary>Takes out who is next: of a source whose turn it is and that is below its share, or alone.</summary>
    public Stranger? TakeNext()
    {
        var turn = _turns.First;
        if (turn is { Next: { } other, Value: var first } && first.InProgress >= limits.Share)
            turn = other;   // two sources at their share leave no slot free, so this one is below

        if (turn is not { Value: { Parked.First.Value: var next } load })
            return null;

        _turns.Remove(turn);
        _turns.AddLast(turn);
        Remove(next);
        return next;
    }

    // The busiest is the last; of equally busy ones, the one whose first has waited for longest.
    private static int CompareLoads(SourceLoad x, SourceLoad y)
    {
        if (x == y)
            return 0;
        int byCount = x.Parked.Count.CompareTo(y.Parked.Count);
        if (byCount != 0)
            return byCount;
        Stranger firstOfX = x.Parked.First!.Value, firstOfY = y.Parked.First!.Value;
        return (firstOfY.Arrived, firstOfY.Id).CompareTo((firstOfX.Arrived, firstOfX.Id));
    }
}
