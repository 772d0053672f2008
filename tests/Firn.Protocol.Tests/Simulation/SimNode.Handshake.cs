using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>Dials and handshakes, as far as the rules see them.</summary>
internal sealed partial class SimNode
{
    private const long HandshakeDeadline = 10_000;

    private void Dial(StartDial dial)
    {
        var target = _world.At(dial.Address);
        bool isReachable = target is not null && _world.CanReach(this, target);
        if (!isReachable && (target is not null || _world.Chance(0.5)))
        {
            // Nothing answers, not even with a refusal.
            Fail(dial, HandshakeDeadline, FailureReason.TimedOut);
            return;
        }

        if (!isReachable)
        {
            Fail(dial, _world.Latency(), FailureReason.Unreachable);
            return;
        }

        if (target!.Key.Did == Key.Did || (dial.Demanded is { } demanded && demanded != target.Key))
        {
            Fail(dial, 3 * _world.Latency(), target.Key.Did == Key.Did ? FailureReason.Self : FailureReason.WrongPeer);
            return;
        }

        // TCP and TLS take two round trips; the Proof comes after the Challenge.
        _world.After(5 * _world.Latency(), () =>
        {
            if (!IsAlive)
                return;
            if (!target.IsAlive || !_world.CanReach(this, target))
            {
                Fail(dial, HandshakeDeadline, FailureReason.TimedOut);
                return;
            }

            var link = new SimLink(_world, (ulong)_world.Random.NextInt64(), this, target);
            var end = link.Ends[0];
            end.Number = dial.Link;
            end.Proved = Rules.Peers.Moment;
            link.Send(end, new SimMessage(SimMessageKind.Proof) { Incarnation = Incarnation });
            _world.After(HandshakeDeadline, () => OnDeadline(link, end));
            _world.After(HandshakeDeadline, () => target.OnDeadline(link, link.Ends[1]));
        });
    }

    private void Fail(StartDial dial, long after, FailureReason reason) => _world.After(after, () =>
    {
        if (IsAlive)
            Decide(() => Rules.OnDialFailed(dial.Link, RefusalReason.Unspecified, reason, "no session", _world.Now));
    });

    private void OnDeadline(SimLink link, SimEnd end)
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
            if (decision.Refusal != RefusalReason.Duplicate)
                Rules.OnDialFailed(end.Number, RefusalReason.Unspecified, Failure(decision.Refusal), "refused here", _world.Now);
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
