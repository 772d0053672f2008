using System.Net;
using RefusalReason = Firn.Protocol.Wire.RefusalReason;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol.Tests;

/// <summary>One life of a node: the real rules, with a simulated network for hands. It does what NodeCore, Dialler and Handshaker do.</summary>
internal sealed partial class SimNode
{
    private static readonly IPAddress Somewhere = IPAddress.Parse("192.0.2.1");

    private readonly World _world;
    private readonly Dictionary<long, (SimLink Link, SimEnd End)> _ends = [];
    private readonly HashSet<PeerKey> _up = [];
    private readonly HashSet<long> _requests = [];
    private long _ticksAt = long.MaxValue;
    private bool _isPumping;

    public SimNode(World world, int number, PeerKey key, Incarnation incarnation, NodeAddress address, NodeRulesOptions options)
    {
        (_world, Number, Key, Incarnation, Address) = (world, number, key, incarnation, address);
        Rules = new NodeRules(key, Policies.ByCookie, options, world.Random.NextDouble);
    }

    public int Number { get; }

    public PeerKey Key { get; }

    public Incarnation Incarnation { get; }

    public NodeAddress Address { get; }

    /// <summary>Dials, but cannot be dialled.</summary>
    public bool IsBehindNat { get; init; }

    public NodeRules Rules { get; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>As told by PeerUp and PeerDown.</summary>
    public IReadOnlySet<PeerKey> Up => _up;

    public int OpenRequests => _requests.Count;

    public long LastDown { get; private set; }

    public string? Wrong { get; private set; }

    public void Start(IEnumerable<NodeAddress> configured)
    {
        _world.Note(3, Number, (long)Incarnation.Value);
        if (!IsBehindNat)
            _world.Listen($"{Address.Host}:{Address.Port}", this);
        var own = _world.Records.Sign(
            Key, (ulong)_world.Wall.ToUnixTimeMilliseconds(), _world.Wall.AddHours(24), [NodeAddress.Parse("10.255.255.1:1"), Address]);
        Decide(() => Rules.SetOwnRecord(own));
        foreach (var address in configured)
            Decide(() => Rules.Configure(address, _world.Now));
    }

    public void Request(long request, NodeAddress address)
    {
        _requests.Add(request);
        Decide(() => Rules.Request(request, address, _world.Now));
    }

    /// <summary>The process goes: after its goodbyes, as the system resets its connections, or as the machine loses power.</summary>
    public void Stop(bool saysGoodbye, bool losesPower)
    {
        _world.Note(4, Number, saysGoodbye ? 1 : 0, losesPower ? 1 : 0);
        IsAlive = false;
        _world.Unlisten(this);
        foreach (var link in _world.Links.Where(l => l.Ends[0].Node == this || l.Ends[1].Node == this).ToList())
        {
            var end = link.Ends[0].Node == this ? link.Ends[0] : link.Ends[1];
            if (losesPower)
                link.Cut();
            if (saysGoodbye && end.IsSession && !end.IsClosed)
                link.Send(end, new SimMessage(SimMessageKind.Close) { Reason = EndReason.Shutdown });
            link.Shut(end);
        }
    }

    public void Receive(SimLink link, SimEnd end, SimMessage message)
    {
        switch (message.Kind)
        {
            case SimMessageKind.Proof:
                OnProof(link, end, message);
                break;
            case SimMessageKind.Verdict:
                OnVerdict(link, end, message);
                break;
            case SimMessageKind.Commit:
                OnCommit(link, end, message);
                break;
            case SimMessageKind.Describe:
                OnDescribe(link, end);
                break;
            case SimMessageKind.Refusal:
                GiveUp(link, end, message.Refusal, Failure(message.Refusal));
                break;
            case SimMessageKind.Records when end.IsSession:
                OnRecords(end.Number, message.Records);
                break;
            case SimMessageKind.Close:
                End(link, end, message.Reason, isTold: true);
                break;
            case SimMessageKind.EndOfStream:
                Lose(link, end, EndReason.TransportError);
                break;
        }
    }

    /// <summary>The check of a signature takes its time, and anything may happen in it.</summary>
    private void OnRecords(long link, IReadOnlyList<SignedPeerRecord> told)
    {
        IReadOnlyList<SignedPeerRecord> news = [];
        Decide(() => news = Rules.OnRecords(link, told, _world.Now));
        var verified = _world.Records.Verify(news, _world.Wall);
        if (verified.Count > 0)
            _world.After(_world.Pick(5), () => Decide(() => Rules.OnVerified(link, verified, Somewhere, _world.Wall, _world.Now)));
    }

    /// <summary>The connection is lost, whatever it was doing.</summary>
    public void Lose(SimLink link, SimEnd end, EndReason reason)
    {
        if (end.IsSession)
            End(link, end, reason, isTold: false);
        else
            GiveUp(link, end, RefusalReason.Unspecified, FailureReason.ConnectionLost);
    }

    private void GiveUp(SimLink link, SimEnd end, RefusalReason refusal, FailureReason reason)
    {
        link.Shut(end);
        _ends.Remove(end.Number);
        if (end == link.Ends[0])
            Decide(() => Rules.OnDialFailed(end.Number, refusal, new DialFailure(reason, "no session"), _world.Now));
    }

    private void Close(SimLink link, SimEnd end, EndReason reason)
    {
        link.Send(end, new SimMessage(SimMessageKind.Close) { Reason = reason });
        End(link, end, reason, isTold: false);
    }

    private void End(SimLink link, SimEnd end, EndReason reason, bool isTold)
    {
        link.Shut(end);
        Decide(() => Rules.OnSessionEnded(end.Number, reason, isTold, _world.Now));
    }

    public void Decide(Action tell)
    {
        tell();
        if (!_isPumping)
        {
            _isPumping = true;
            _world.After(0, Pump);
        }

        long due = Math.Max(_world.Now, Rules.NextDue);
        if (Rules.NextDue == long.MaxValue || due >= _ticksAt)
            return;

        _ticksAt = due;
        _world.After(due - _world.Now, () =>
        {
            if (!IsAlive || _ticksAt != _world.Now)
                return;
            _ticksAt = long.MaxValue;
            Decide(() => Rules.Tick(_world.Now));
        });
    }

    private void Pump()
    {
        _isPumping = false;
        if (!IsAlive)
            return;
        foreach (var action in Rules.TakeActions())
            CarryOut(action);
    }

    private void CarryOut(NodeAction action)
    {
        switch (action)
        {
            case StartDial dial:
                Dial(dial);
                break;
            case CloseLink close when _ends.TryGetValue(close.Link, out var at) && !at.End.IsClosed:
                if (at.End.IsSession)
                    Close(at.Link, at.End, close.Reason);
                else
                    Lose(at.Link, at.End, EndReason.TransportError);
                break;
            case SendRecords send when _ends.TryGetValue(send.Link, out var at) && !at.End.IsClosed:
                at.Link.Send(at.End, new SimMessage(SimMessageKind.Records) { Records = send.Records });
                break;
            case ForgetLink gone:
                _ends.Remove(gone.Link);
                break;
            case RaisePeerUp up:
                _world.Note(5, Number, up.Link);
                if (!_up.Add(up.Peer))
                    Wrong ??= $"{Key.Name}: PeerUp of {up.Peer.Name} twice";
                break;
            case SwitchSession change when !_up.Contains(change.Peer):
                Wrong ??= $"{Key.Name}: a switch to another session with {change.Peer.Name}, which is not up";
                break;
            case RaisePeerDown down:
                _world.Note(6, Number, (long)down.Reason);
                LastDown = _world.Now;
                if (!_up.Remove(down.Peer))
                    Wrong ??= $"{Key.Name}: PeerDown of {down.Peer.Name}, which is not up";
                break;
            case CompleteDial complete:
                _requests.Remove(complete.Request);
                break;
            case FailDial fail:
                _requests.Remove(fail.Request);
                break;
        }
    }
}
