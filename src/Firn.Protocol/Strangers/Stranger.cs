namespace Firn.Protocol;

/// <summary>A connection at the gate: it waits, or its handshake runs.</summary>
internal sealed class Stranger
{
    private readonly LinkedListNode<Stranger> _queued;

    public Stranger(long id, SourceLoad load, long arrived)
    {
        (Id, Load, Arrived) = (id, load, arrived);
        ByArrival = new LinkedListNode<Stranger>(this);
        _queued = new LinkedListNode<Stranger>(this);
    }

    public long Id { get; }

    public SourceLoad Load { get; }

    public long Arrived { get; }

    public bool IsStarted { get; set; }

    /// <summary>Its place among all connections.</summary>
    public LinkedListNode<Stranger> ByArrival { get; }

    /// <summary>Joins one of its source's queues.</summary>
    public void Enqueue(LinkedList<Stranger> queue) => queue.AddLast(_queued);

    /// <summary>Leaves the queue that it is in, if any.</summary>
    public void LeaveQueue() => _queued.List?.Remove(_queued);
}

/// <summary>What one source has at the gate.</summary>
internal sealed class SourceLoad
{
    public SourceLoad(Source source)
    {
        Source = source;
        Turn = new LinkedListNode<SourceLoad>(this);
    }

    public Source Source { get; }

    /// <summary>Handshakes that run, proved ones too.</summary>
    public int InProgress { get; set; }

    /// <summary>Those that may be evicted, the oldest first.</summary>
    public LinkedList<Stranger> Unproved { get; } = [];

    /// <summary>Those that wait, the oldest first.</summary>
    public LinkedList<Stranger> Parked { get; } = [];

    /// <summary>Its turn among the sources that wait.</summary>
    public LinkedListNode<SourceLoad> Turn { get; }
}
