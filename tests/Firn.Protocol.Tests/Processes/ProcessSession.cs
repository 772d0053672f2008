using Google.Protobuf;

namespace Firn.Protocol.Tests;

internal abstract record ProcessMessage;

/// <summary>The first on a session: the end that gets it starts.</summary>
internal sealed record HelloMessage : ProcessMessage;

internal sealed record SignalMessage(FrameType Type, IMessage Signal) : ProcessMessage;

internal sealed record CallMessage(ulong Id, int Serial, ulong Target) : ProcessMessage;

internal sealed record ReplyMessage(ulong Id, int Serial) : ProcessMessage;

/// <summary>One end of a session: it starts, and ends, at its own time.</summary>
internal sealed class SessionEnd(ProcessSession session, ProcessNode node, int side)
{
    public ProcessSession Session => session;

    public ProcessNode Node => node;

    public int Side => side;

    public SessionEnd Peer => session.Ends[1 - side];

    /// <summary>The number by which this end's node knows the session.</summary>
    public long Number { get; } = node.NewSessionNumber();

    public bool IsOpen { get; set; }

    public bool IsEnded { get; set; }

    public CallTable<SimCall> Calls { get; } = new();
}

/// <summary>
/// A session between two nodes: two queues in order, each message as late as chance has it. When it is lost each end is told at its
/// own time; what is on its way may be lost, or come, even to an end that has been told.
/// </summary>
internal sealed class ProcessSession
{
    private readonly World _world;
    private readonly long[] _lastArrival = new long[2];
    private bool _isCut;
    private bool _isLost;

    public ProcessSession(World world, int order, ProcessNode opener, ProcessNode acceptor)
    {
        (_world, Order) = (world, order);
        Ends = [];
        Ends = [new SessionEnd(this, opener, 0), new SessionEnd(this, acceptor, 1)];
    }

    /// <summary>Of two between the same nodes the later one stays.</summary>
    public int Order { get; }

    public SessionEnd[] Ends { get; }

    public void Open()
    {
        Ends[0].Node.Start(Ends[0]);
        Send(Ends[0], new HelloMessage());
    }

    public void Send(SessionEnd from, ProcessMessage message)
    {
        var to = from.Peer;
        long at = Math.Max(_lastArrival[to.Side], _world.Now + _world.Latency());
        _lastArrival[to.Side] = at;
        _world.After(at - _world.Now, () =>
        {
            if (_isCut)
                return;
            _world.Note(1, to.Node.Number, to.Number, message is SignalMessage signal ? (long)signal.Type : 0);
            to.Node.Receive(to, message);
        });
    }

    /// <summary>The session is lost; false when it already was.</summary>
    public bool TryLose()
    {
        if (_isLost)
            return false;

        (_isLost, _isCut) = (true, _world.Chance(0.5));
        _world.Note(2, Ends[0].Node.Number, Ends[0].Number);
        foreach (var end in Ends)
            _world.After(_world.Pick(2_000), () => end.Node.End(end));
        return true;
    }
}
