using RefusalReason = Firn.Protocol.Wire.RefusalReason;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol.Tests;

internal enum SimMessageKind
{
    Proof,
    Verdict,
    Commit,
    Describe,
    Refusal,
    Records,
    Close,
    EndOfStream,
}

internal sealed record SimMessage(SimMessageKind Kind)
{
    public Incarnation Incarnation { get; init; }

    public SessionId? Session { get; init; }

    public ulong Counter { get; init; }

    public RefusalReason Refusal { get; init; }

    public EndReason Reason { get; init; }

    public IReadOnlyList<SignedPeerRecord> Records { get; init; } = [];
}

/// <summary>One end of a link, and how far it has come.</summary>
internal sealed class SimEnd(SimNode node)
{
    public SimNode Node { get; } = node;

    /// <summary>The number that the rules of this node know it by; 0 before they do.</summary>
    public long Number { get; set; }

    public bool IsSession { get; set; }

    public bool IsClosed { get; set; }

    public Incarnation Remote { get; set; }

    /// <summary>The book's moment when the Proof went out; the initiator's.</summary>
    public long Proved { get; set; }

    /// <summary>The dial that it belongs to, and which of its ways it is; the initiator's.</summary>
    public SimDial? Dial { get; set; }

    public int Run { get; set; }
}

/// <summary>
/// A connection: two queues in order, each message as late as chance has it. It may be cut, so that nothing arrives and nobody is
/// told, or broken, so that each end is told at its own time.
/// </summary>
internal sealed class SimLink
{
    /// <summary>Ping interval and deadline.</summary>
    private const long Silence = 30_000;

    private readonly World _world;
    private readonly long[] _lastArrival = new long[2];
    private bool _isDead;

    /// <param name="world">Where it runs.</param>
    /// <param name="id">The session id that both ends will derive.</param>
    /// <param name="initiator">Who dialled.</param>
    /// <param name="acceptor">Who was dialled.</param>
    public SimLink(World world, ulong id, SimNode initiator, SimNode acceptor)
    {
        (_world, Id) = (world, id);
        Ends = [new SimEnd(initiator), new SimEnd(acceptor)];
        world.Links.Add(this);
    }

    public ulong Id { get; }

    public SessionId SessionId => Pair.Session(Id);

    /// <summary>The initiator's, then the acceptor's.</summary>
    public SimEnd[] Ends { get; }

    public void Send(SimEnd from, SimMessage message)
    {
        int to = from == Ends[0] ? 1 : 0;
        if (_isDead || Ends[to].IsClosed)
            return;

        long at = Math.Max(_lastArrival[to], _world.Now + _world.Latency());
        _lastArrival[to] = at;
        _world.After(at - _world.Now, () =>
        {
            if (_isDead || Ends[to].IsClosed)
                return;
            _world.Note(1, (long)Id, to, (long)message.Kind);
            Ends[to].Node.Receive(this, Ends[to], message);
        });
    }

    /// <summary>This end is done; the other one sees the end of the stream after what is on its way.</summary>
    public void Shut(SimEnd end)
    {
        if (end.IsClosed)
            return;

        end.IsClosed = true;
        Send(end, new SimMessage(SimMessageKind.EndOfStream));
        if (Ends[0].IsClosed && Ends[1].IsClosed)
            _world.Links.Remove(this);
    }

    /// <summary>Nothing arrives any more: a session ends by its silence, a handshake by its deadline.</summary>
    public void Cut() => Die(() => Silence + _world.Pick(15_000), EndReason.Timeout);

    /// <summary>Nothing arrives any more, and each end is told sooner or later.</summary>
    public void Break() => Die(() => _world.Chance(0.2) ? Silence : _world.Pick(2_000), EndReason.TransportError);

    private void Die(Func<long> delay, EndReason reason)
    {
        if (_isDead)
            return;

        _isDead = true;
        _world.Note(2, (long)Id, (long)reason);
        foreach (var end in Ends)
        {
            _world.After(delay(), () =>
            {
                if (!end.IsClosed && (end.IsSession || reason == EndReason.TransportError))
                    end.Node.Lose(this, end, reason);
            });
        }
    }
}
