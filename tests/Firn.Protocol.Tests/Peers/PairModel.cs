using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>
/// Two peer books and the links between them. Each link is two queues in order; everything else may happen in any order. A link
/// that breaks loses what is on its way, and each end learns of it whenever its "end of stream" is delivered.
/// </summary>
internal sealed class PairModel
{
    private readonly List<PairLink> _links = [];
    private readonly PairEnd[] _ends;
    private PairFaults _faults;
    private long _now;

    /// <param name="dials">Who makes each dial: 0 is A, whose name is the smaller one; 1 is B.</param>
    /// <param name="faults">What may go wrong.</param>
    public PairModel(IEnumerable<int> dials, PairFaults faults)
    {
        _faults = faults;
        _ends = [NewEnd(0, 1), NewEnd(1, 1)];
        foreach (int side in dials)
            _links.Add(new PairLink(side));
    }

    /// <summary>What happened against the rules, if anything.</summary>
    public string? Wrong => _ends[0].Wrong ?? _ends[1].Wrong;

    public int Downs => _ends[0].Downs + _ends[1].Downs;

    /// <summary>Sessions that gave their place to another, with what was under way on them.</summary>
    public int Switches => _ends[0].Switches + _ends[1].Switches;

    public bool HadFault { get; private set; }

    /// <summary>Whether a message took so long that the dial behind it counts as stuck.</summary>
    public bool HadWait { get; private set; }

    public SessionId? HeldBy(int side) => _ends[side].Held?.Id;

    public bool IsUp(int side) => _ends[side].IsUp;

    public IReadOnlyList<PairDialEnd> Dials => [.. _links.Select(l => l.Result)];

    public List<PairEvent> Enabled()
    {
        var events = new List<PairEvent>();
        for (int i = 0; i < _links.Count; i++)
        {
            var link = _links[i];
            if (link.Stage[link.Initiator] == PairStage.Unused)
                events.Add(new PairEvent(PairEventKind.Dial, i));
            for (int side = 0; side < 2; side++)
            {
                if (link.To[side].Count > 0)
                    events.Add(new PairEvent(PairEventKind.Deliver, i, side));
            }

            if (_faults.Breaks > 0 && !link.IsBroken && (IsOpen(link, 0) || IsOpen(link, 1)))
                events.Add(new PairEvent(PairEventKind.Break, i));
        }

        if (_faults.Waits > 0)
            events.Add(new PairEvent(PairEventKind.PatienceEnds));
        for (int side = 0; side < 2 && _faults.Restarts > 0; side++)
            events.Add(new PairEvent(PairEventKind.Restart, 0, side));
        return events;
    }

    public void Apply(PairEvent next)
    {
        var link = _links[next.Link];
        switch (next.Kind)
        {
            case PairEventKind.Dial:
                link.Stage[link.Initiator] = PairStage.Proving;
                link.Stage[1 - link.Initiator] = PairStage.Proving;
                link.Result = PairDialEnd.Running;
                link.Proved = _ends[link.Initiator].Book.Moment;
                Send(link, link.Initiator, new PairMessage(PairMessageKind.Proof, Incarnation: _ends[link.Initiator].Incarnation));
                break;
            case PairEventKind.Deliver:
                Receive(next.Link, next.Side, link.To[next.Side].Dequeue());
                break;
            case PairEventKind.Break:
                _faults = _faults with { Breaks = _faults.Breaks - 1 };
                HadFault = true;
                Break(link);
                break;
            case PairEventKind.PatienceEnds:
                _faults = _faults with { Waits = _faults.Waits - 1 };
                HadWait = true;
                _now += 2_000;
                break;
            case PairEventKind.Restart:
                _faults = _faults with { Restarts = _faults.Restarts - 1 };
                HadFault = true;
                Restart(next.Side);
                break;
        }
    }

    /// <summary>After everything has come to rest: nothing goes wrong any more, and <paramref name="side"/> dials once more.</summary>
    public void Redial(int side)
    {
        _faults = default;
        _now += 10_000;
        _links.Add(new PairLink(side));
        for (var enabled = Enabled(); enabled.Count > 0; enabled = Enabled())
            Apply(enabled[0]);
    }

    /// <summary>All that decides what can happen from here on, in 128 bits.</summary>
    public UInt128 Fingerprint()
    {
        var print = new Fingerprint();
        print.Add(_faults.Breaks, _faults.Waits, _faults.Restarts, HadFault ? 1 : 0, Downs > 0 ? 1 : 0, HadWait ? 1 : 0, Switches > 0 ? 1 : 0);
        foreach (var end in _ends)
            end.AddTo(ref print, _now);
        foreach (var link in _links)
        {
            link.AddTo(ref print);
            print.Add(_ends[link.Initiator].Held?.Moment > link.Proved ? 1 : 0);
        }

        return print.Value;
    }

    private PairEnd NewEnd(int side, ulong incarnation) =>
        new(side, incarnation, (link, reason) => Close((int)link - 1, side, reason));

    private static bool IsOpen(PairLink link, int side) => link.Stage[side] is not (PairStage.Unused or PairStage.Closed);

    private static void Send(PairLink link, int from, PairMessage message)
    {
        if (!link.IsBroken)
            link.To[1 - from].Enqueue(message);
    }

    private static void Break(PairLink link)
    {
        link.IsBroken = true;
        for (int side = 0; side < 2; side++)
        {
            link.To[side].Clear();
            if (IsOpen(link, side))
                link.To[side].Enqueue(new PairMessage(PairMessageKind.EndOfStream));
        }
    }

    private void Restart(int side)
    {
        var before = _ends[side];
        _ends[side] = NewEnd(side, before.Incarnation.Value + 1);
        foreach (var link in _links.Where(l => IsOpen(l, side)))
        {
            Shut(link, side);
            if (link.Initiator == side)
                link.Result = PairDialEnd.Failed;
        }
    }

    /// <summary>This end is done with the link; what was sent still arrives, then the other end sees the end of the stream.</summary>
    private static void Shut(PairLink link, int side)
    {
        link.Stage[side] = PairStage.Closed;
        link.To[side].Clear();
        if (IsOpen(link, 1 - side))
            Send(link, side, new PairMessage(PairMessageKind.EndOfStream));
    }

    private void Commit(int index, int side, Incarnation remote, VerdictDecision decision)
    {
        var link = _links[index];
        _ends[side].Book.OnCommitSent(Number(index), _ends[side].Peer, remote, Id(index), decision, _now);
        link.Stage[side] = PairStage.Committed;
        Send(link, side, new PairMessage(PairMessageKind.Commit, Session: decision.Last, Counter: decision.Counter));
    }

    private void Receive(int index, int side, PairMessage message)
    {
        var link = _links[index];
        var end = _ends[side];
        if (!IsOpen(link, side))
            return;

        switch (message.Kind)
        {
            case PairMessageKind.Proof:
                var proof = end.Book.OnProof(end.Peer, message.Incarnation, _now);
                link.AcceptorSees = message.Incarnation;
                if (proof.Refusal == RefusalReason.Unspecified)
                    Send(link, side, new PairMessage(PairMessageKind.Verdict, Session: proof.Held, Incarnation: end.Incarnation));
                else
                    Refuse(link, side, proof.Refusal);
                break;

            case PairMessageKind.Verdict:
                var decision = end.Book.OnVerdict(end.Peer, message.Incarnation, message.Session, link.Proved, _now);
                if (decision.Refusal == RefusalReason.Unspecified)
                    Commit(index, side, message.Incarnation, decision);
                else
                    RefuseAsInitiator(link, side, decision.Refusal);
                break;

            case PairMessageKind.Commit:
                var refusal = end.Book.OnCommit(
                    Number(index), end.Peer, link.AcceptorSees, Id(index), message.Session, message.Counter, _now);
                if (refusal == RefusalReason.Unspecified)
                {
                    link.Stage[side] = PairStage.Session;
                    Send(link, side, new PairMessage(PairMessageKind.Describe));
                }
                else
                {
                    Refuse(link, side, refusal);
                }

                break;

            case PairMessageKind.Describe:
                link.Stage[side] = PairStage.Session;
                bool wins = end.Book.OnAccepted(Number(index), _now);
                link.Result = wins ? PairDialEnd.Connected : PairDialEnd.Yielded;
                if (!wins)
                    Close(index, side, EndReason.Goodbye);
                break;

            case PairMessageKind.Refusal:
                link.Result = message.Refusal is RefusalReason.Simultaneous or RefusalReason.Duplicate ? PairDialEnd.Yielded : PairDialEnd.Failed;
                Shut(link, side);
                end.Book.OnEnded(Number(index), EndReason.TransportError, _now);
                break;

            case PairMessageKind.Close:
                Shut(link, side);
                end.Book.OnEnded(Number(index), message.Reason, _now);
                break;

            case PairMessageKind.EndOfStream:
                if (link.Initiator == side && link.Result == PairDialEnd.Running)
                    link.Result = PairDialEnd.Failed;
                Shut(link, side);
                end.Book.OnEnded(Number(index), EndReason.TransportError, _now);
                break;
        }

        end.CarryOut();
    }

    private static void Refuse(PairLink link, int side, RefusalReason reason)
    {
        Send(link, side, new PairMessage(PairMessageKind.Refusal, Refusal: reason));
        Shut(link, side);
    }

    private static void RefuseAsInitiator(PairLink link, int side, RefusalReason reason)
    {
        link.Result = reason == RefusalReason.Duplicate ? PairDialEnd.Yielded : PairDialEnd.Failed;
        Shut(link, side);
    }

    private void Close(int index, int side, EndReason reason)
    {
        var link = _links[index];
        if (!IsOpen(link, side))
            return;

        if (link.Stage[side] == PairStage.Session)
            Send(link, side, new PairMessage(PairMessageKind.Close, Reason: reason));
        else if (link.Initiator == side)
            link.Result = PairDialEnd.Failed;
        Shut(link, side);
        _ends[side].Book.OnEnded(Number(index), reason, _now);
    }

    private static long Number(int index) => index + 1;

    private static SessionId Id(int index) => Pair.Session((ulong)index + 1);
}
