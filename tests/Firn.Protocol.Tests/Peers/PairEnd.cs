namespace Firn.Protocol.Tests;

/// <summary>One end of a <see cref="PairModel"/>, for one life of its node: a peer book, and what it asks for.</summary>
internal sealed class PairEnd
{
    private static readonly PeerKey[] Keys = [Pair.Alice, Pair.Bob];
    private readonly Action<long, EndReason> _close;
    private readonly int _side;
    private readonly Queue<NodeAction> _actions = [];

    /// <param name="side">0 is A, whose name is the smaller one; 1 is B.</param>
    /// <param name="incarnation">The life of the node.</param>
    /// <param name="close">Ends the session on a link.</param>
    public PairEnd(int side, ulong incarnation, Action<long, EndReason> close)
    {
        (_side, _close) = (side, close);
        Incarnation = new Incarnation(incarnation);
        Book = new PeerBook(Keys[side], new PeerBookLimits(), OnAction);
    }

    public PeerBook Book { get; }

    public Incarnation Incarnation { get; }

    public PeerKey Peer => Keys[1 - _side];

    public HeldSession? Held => Book.Find(Peer)?.Held;

    /// <summary>As told by PeerUp and PeerDown.</summary>
    public bool IsUp { get; private set; }

    /// <summary>What it raised against the rules, if anything.</summary>
    public string? Wrong { get; private set; }

    public int Downs { get; private set; }

    public int Switches { get; private set; }

    public void CarryOut()
    {
        while (_actions.TryDequeue(out var action))
        {
            if (action is CloseLink close)
                _close(close.Link, close.Reason);
        }
    }

    public void AddTo(ref Fingerprint print, long now)
    {
        print.Add((long)Incarnation.Value, IsUp ? 1 : 0);
        if (Book.Find(Peer) is not { } entry)
            return;

        print.Add((long)entry.Incarnation.Value, (long)entry.Accepted, (long)(entry.Taken ?? 0), entry.Last?.GetHashCode() ?? 0, entry.IsUp ? 1 : 0, (int?)entry.Handover ?? -1);
        print.Add(entry.Held?.Link ?? 0, entry.Held is { IsOurs: true } ? 1 : 0, entry.Commits.Count);
        foreach (var commit in entry.Commits)
            print.Add(commit.Link, (long)commit.Counter, commit.Last?.GetHashCode() ?? 0, Math.Min(2_000, now - commit.SentAt));
    }

    private void OnAction(NodeAction action)
    {
        _actions.Enqueue(action);
        string? wrong = action switch
        {
            RaisePeerUp when IsUp => "a second PeerUp without a PeerDown",
            RaisePeerDown when !IsUp => "a PeerDown without a PeerUp",
            SwitchSession when !IsUp => "a switch of sessions without a PeerUp",
            _ => null,
        };
        if (wrong is not null)
            Wrong ??= $"{"AB"[_side]} raised {wrong}";

        IsUp = action switch { RaisePeerUp => true, RaisePeerDown => false, _ => IsUp };
        if (action is RaisePeerDown)
            Downs++;
        if (action is SwitchSession)
            Switches++;
    }
}
