namespace Firn.Testing;

/// <summary>A connection between two machines of a <see cref="MemoryNetwork"/>: its two pipes and their ends.</summary>
internal sealed class MemoryConnection
{
    private readonly Lock _lock = new();
    private readonly MemoryNetwork _network;
    private readonly MemoryPipe _there;
    private readonly MemoryPipe _back;
    private int _openEnds = 2;

    public MemoryConnection(MemoryNetwork network, string dialler, string acceptor)
    {
        (_network, Dialler, Acceptor) = (network, dialler, acceptor);
        (_there, _back) = (Pipe(dialler, acceptor), Pipe(acceptor, dialler));
        (DiallersEnd, AcceptorsEnd) = MemoryDuplexStream.Connect(_there, _back);
        if (network.HasNativeStreams)
            (DiallersStreams, AcceptorsStreams) = MemoryNativeStreams.Create();
    }

    public string Dialler { get; }

    public string Acceptor { get; }

    public MemoryDuplexStream DiallersEnd { get; }

    public MemoryDuplexStream AcceptorsEnd { get; }

    public MemoryNativeStreams? DiallersStreams { get; }

    public MemoryNativeStreams? AcceptorsStreams { get; }

    /// <summary>Fails both ends at once.</summary>
    public void Break()
    {
        DiallersStreams?.End();
        _there.Break();
        _back.Break();
    }

    public void Recheck()
    {
        _there.Recheck();
        _back.Recheck();
    }

    /// <summary>One end has let go; the network forgets the connection when both have.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _openEnds) == 0)
            _network.Forget(this);
    }

    private MemoryPipe Pipe(string from, string to) => new(
        _lock,
        _network.Time,
        _network.BufferBytes,
        () => _network.Latency(from, to),
        () => _network.PathOf(from, to) != PathState.Open);
}
