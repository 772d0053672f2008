using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>Dials and handshakes, as far as the rules see them.</summary>
internal sealed partial class SimNode
{
    public const long HandshakeDeadline = 10_000;

    private void Dial(StartDial dial) => new SimDial(_world, this, dial).Go();

    public void OnDeadline(SimLink link, SimEnd end)
    {
        if (IsAlive && !end.IsSession && !end.IsClosed)
            Lose(link, end, EndReason.Timeout);
    }

    private void OnProof(SimLink link, SimEnd end, SimMessage message)
    {
        var decision = Rules.OnProof(link.Ends[0].Node.Key, Policies.Cookie, message.Incarnation, _world.Now);
        end.Remote = message.Incarnation;
        if (decision.Refusal == RefusalReason.Unspecified)
            link.Send(end, new SimMessage(SimMessageKind.Verdict) { Incarnation = Incarnation, Session = decision.Held });
        else
            Refuse(link, end, decision.Refusal);
        Decide(() => { });
    }

    private void OnVerdict(SimLink link, SimEnd end, SimMessage message)
    {
        if (!end.Dial!.MayDecide(end))
            return;

        var peer = link.Ends[1].Node.Key;
        var decision = Rules.OnVerdict(end.Number, peer, Policies.Cookie, message.Incarnation, message.Session, end.Proved, _world.Now);
        if (decision.Refusal == RefusalReason.Unspecified)
        {
            end.Remote = message.Incarnation;
            _ends[end.Number] = (link, end);
            Rules.OnCommitSent(end.Number, peer, Policies.Cookie, end.Remote, link.SessionId, decision, _world.Now);
            link.Send(end, new SimMessage(SimMessageKind.Commit) { Session = decision.Last, Counter = decision.Counter });
        }
        else
        {
            Refuse(link, end, decision.Refusal);
            if (decision.Refusal == RefusalReason.Duplicate)
                end.Dial.OnWon(end);
            else
                end.Dial.OnFailed(end, RefusalReason.Unspecified, Failure(decision.Refusal));
        }

        Decide(() => { });
    }

    private void OnCommit(SimLink link, SimEnd end, SimMessage message)
    {
        end.Number = Rules.NewLink();
        _ends[end.Number] = (link, end);
        var refusal = Rules.OnCommit(
            end.Number, link.Ends[0].Node.Key, Policies.Cookie, end.Remote, link.SessionId, message.Session, message.Counter, _world.Now);
        if (refusal == RefusalReason.Unspecified)
        {
            end.IsSession = true;
            link.Send(end, new SimMessage(SimMessageKind.Describe));
        }
        else
        {
            _ends.Remove(end.Number);
            Refuse(link, end, refusal);
        }

        Decide(() => { });
    }

    private void OnDescribe(SimLink link, SimEnd end)
    {
        end.IsSession = true;
        bool wins = Rules.OnAccepted(end.Number, _world.Now);
        end.Dial!.OnWon(end);
        if (!wins)
            Close(link, end, EndReason.Goodbye);
        Decide(() => { });
    }

    private static void Refuse(SimLink link, SimEnd end, RefusalReason reason)
    {
        link.Send(end, new SimMessage(SimMessageKind.Refusal) { Refusal = reason });
        link.Shut(end);
    }

    private static FailureReason Failure(RefusalReason refusal) => refusal switch
    {
        RefusalReason.Stale => FailureReason.Stale,
        RefusalReason.Self => FailureReason.Self,
        RefusalReason.NameTaken => FailureReason.NameTaken,
        _ => FailureReason.Busy,
    };
}
