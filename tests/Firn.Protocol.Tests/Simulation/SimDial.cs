using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>One dial of a node: the real race, with a simulated network. It does what DialRun does.</summary>
internal sealed class SimDial
{
    private readonly World _world;
    private readonly SimNode _node;
    private readonly StartDial _dial;
    private readonly DialRace _race;
    private (SimLink Link, SimEnd End)? _proving;
    private bool _isDecided;
    private bool _isReported;

    public SimDial(World world, SimNode node, StartDial dial)
    {
        (_world, _node, _dial) = (world, node, dial);
        _race = new DialRace(dial, static _ => false, new RaceLimits(), world.Now);
    }

    public bool MayDecide(SimEnd end) => _isDecided = _race.OnDeciding(end.Run);

    public void OnWon(SimEnd end)
    {
        _isReported = true;
        _race.OnWon(end.Run);
        Go();
    }

    /// <summary>The handshake has failed.</summary>
    public void OnFailed(SimEnd end, RefusalReason refusal, FailureReason reason)
    {
        var failure = new RaceFailure(_isDecided ? RaceStage.Deciding : RaceStage.Proving, reason, "no session")
        {
            Refusal = refusal,
            IsRefused = refusal != RefusalReason.Unspecified,
            IsYielding = refusal is RefusalReason.Duplicate or RefusalReason.Simultaneous,
        };
        _race.OnFailed(end.Run, failure, _world.Now);
        Go();
    }

    /// <summary>Does what the race wants, and comes back when it has something due.</summary>
    public void Go()
    {
        foreach (var action in _race.TakeActions())
        {
            if (action is StartWay start)
                Start(start.Run, ((DirectWay)start.Way).Address);
            else if (action is CancelWay cancel && _proving is { } proving && proving.End.Run == cancel.Run)
                proving.Link.Shut(proving.End);
        }

        if (!_race.IsOver)
            _world.After(Math.Max(0, _race.NextDue - _world.Now), Tick);
        else if (!_isReported)
            Report();
    }

    private void Tick()
    {
        if (!_node.IsAlive || _race.IsOver || _race.NextDue > _world.Now)
            return;
        _race.Tick(_world.Now);
        Go();
    }

    private void Report()
    {
        _isReported = true;
        var outcome = _race.Outcome;
        _node.Decide(() => _node.Rules.OnDialFailed(_dial.Link, outcome.Refusal, new DialFailure(outcome.Reason, outcome.Message), _world.Now));
    }

    private void Start(int run, NodeAddress address)
    {
        var target = _world.At(address);
        bool isReachable = target is not null && _world.CanReach(_node, target);
        if (!isReachable && (target is not null || _world.Chance(0.5)))
            return;   // nothing answers, not even with a refusal

        if (!isReachable)
            Fail(run, _world.Latency(), FailureReason.Unreachable);
        else if (target!.Key.Did == _node.Key.Did || (_dial.Demanded is { } demanded && demanded != target.Key))
            Fail(run, 3 * _world.Latency(), target.Key.Did == _node.Key.Did ? FailureReason.Self : FailureReason.WrongPeer);
        else
            _world.After(5 * _world.Latency(), () => Answer(run, target));   // TCP and TLS take two round trips, then comes the Challenge
    }

    private void Answer(int run, SimNode target)
    {
        if (!_node.IsAlive || !target.IsAlive || !_world.CanReach(_node, target) || !_race.OnAnswered(run, target.Key.Did, _world.Now))
            return;

        var link = new SimLink(_world, (ulong)_world.Random.NextInt64(), _node, target);
        var end = link.Ends[0];
        (end.Number, end.Proved, end.Dial, end.Run) = (_dial.Link, _node.Rules.Peers.Moment, this, run);
        _proving = (link, end);
        link.Send(end, new SimMessage(SimMessageKind.Proof) { Incarnation = _node.Incarnation });
        _world.After(SimNode.HandshakeDeadline, () => target.OnDeadline(link, link.Ends[1]));
        Go();
    }

    private void Fail(int run, long after, FailureReason reason) => _world.After(after, () =>
    {
        if (!_node.IsAlive)
            return;
        _race.OnFailed(run, new RaceFailure(RaceStage.Connecting, reason, "no session"), _world.Now);
        Go();
    });
}
