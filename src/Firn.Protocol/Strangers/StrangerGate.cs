namespace Firn.Protocol;

/// <summary>
/// Who of the strangers at the door gets a handshake now, who waits, and who goes. No source can keep another one out:
/// all slots are taken only if somebody uses them, a source above its share makes room for one below it, and those that wait are served
/// source by source. Connections are numbered by the caller; every one is started at most once, and ends by
/// <see cref="Finished"/> or by one <see cref="StrangerVerb.Drop"/>. Actions are to be done in order.
/// </summary>
internal sealed class StrangerGate(StrangerLimits limits)
{
    private readonly Dictionary<long, Stranger> _strangers = [];
    private readonly Dictionary<Source, SourceLoad> _sources = [];
    private readonly LinkedList<Stranger> _byArrival = [];
    private readonly ParkingLot _parking = new(limits);
    private SourceLoad? _aboveShare;    // two cannot be: their shares are all slots

    /// <summary>A gate with the default limits.</summary>
    public StrangerGate()
        : this(new StrangerLimits())
    {
    }

    /// <summary>Handshakes that run.</summary>
    public int InProgress { get; private set; }

    /// <summary>Connections that wait.</summary>
    public int Parked => _parking.Count;

    /// <summary>Sources that have a connection here.</summary>
    public int Sources => _sources.Count;

    /// <summary>When to call <see cref="Expire"/>; null when nobody is here.</summary>
    public long? NextExpiry => _byArrival.First?.Value.Arrived + limits.Deadline;

    /// <summary>A connection was accepted.</summary>
    /// <exception cref="ArgumentException"><paramref name="id"/> is here already.</exception>
    public IReadOnlyList<StrangerAction> Arrive(long id, Source source, long now)
    {
        if (!_sources.TryGetValue(source, out var load))
            load = new SourceLoad(source);
        var stranger = new Stranger(id, load, now);
        _strangers.Add(id, stranger);
        _byArrival.AddLast(stranger.ByArrival);

        var actions = new List<StrangerAction>(2);
        if (InProgress < limits.InProgress)
        {
            Start(stranger, actions);
        }
        else if (_aboveShare is { Unproved.First.Value: var oldest } && oldest.Load != load)
        {
            Drop(oldest, StrangerDrop.Evicted, actions);
            Start(stranger, actions);
        }
        else
        {
            if (_parking.MustLeaveFor(load) is { } leaver)
                Drop(leaver, StrangerDrop.ParkingFull, actions);
            _parking.Add(stranger);
            actions.Add(new StrangerAction(StrangerVerb.Park, id));
        }

        _sources[source] = load;    // last: who had to leave may have been the only one of this source
        return actions;
    }

    /// <summary>Its proof was verified: it is not evicted any more, but counts until <see cref="Finished"/>.</summary>
    public void Proved(long id)
    {
        if (_strangers.TryGetValue(id, out var stranger) && stranger.IsStarted)
            stranger.LeaveQueue();
    }

    /// <summary>Its handshake ended, or its connection was lost. No more to do for one that was dropped.</summary>
    public IReadOnlyList<StrangerAction> Finished(long id)
    {
        if (!_strangers.TryGetValue(id, out var stranger))
            return [];

        Forget(stranger);
        return FillSlots([]);
    }

    /// <summary>Drops whoever is past the deadline.</summary>
    public IReadOnlyList<StrangerAction> Expire(long now)
    {
        var actions = new List<StrangerAction>();
        while (_byArrival.First is { Value: var oldest } && oldest.Arrived + limits.Deadline <= now)
            Drop(oldest, oldest.IsStarted ? StrangerDrop.HandshakeTooLong : StrangerDrop.WaitedTooLong, actions);
        return FillSlots(actions);
    }

    private List<StrangerAction> FillSlots(List<StrangerAction> actions)
    {
        while (InProgress < limits.InProgress && _parking.TakeNext() is { } next)
            Start(next, actions);
        return actions;
    }

    private void Start(Stranger stranger, List<StrangerAction> actions)
    {
        InProgress++;
        stranger.IsStarted = true;
        stranger.Enqueue(stranger.Load.Unproved);
        if (++stranger.Load.InProgress > limits.Share)
            _aboveShare = stranger.Load;
        actions.Add(new StrangerAction(StrangerVerb.Start, stranger.Id));
    }

    private void Drop(Stranger stranger, StrangerDrop why, List<StrangerAction> actions)
    {
        Forget(stranger);
        actions.Add(new StrangerAction(StrangerVerb.Drop, stranger.Id, why));
    }

    private void Forget(Stranger stranger)
    {
        var load = stranger.Load;
        _strangers.Remove(stranger.Id);
        _byArrival.Remove(stranger.ByArrival);
        if (!stranger.IsStarted)
        {
            _parking.Remove(stranger);
        }
        else
        {
            InProgress--;
            stranger.LeaveQueue();
            if (--load.InProgress <= limits.Share && _aboveShare == load)
                _aboveShare = null;
        }

        if (load is { InProgress: 0, Parked.Count: 0 })
            _sources.Remove(load.Source);
    }
}
