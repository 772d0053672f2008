using Firn.Protocol.Wire;

namespace Firn.Protocol.Tests;

/// <summary>A call, and whether it has ended.</summary>
internal sealed class SimCall(int serial, long deadline)
{
    public int Serial => serial;

    public long Deadline => deadline;

    public bool HasEnded { get; set; }
}

/// <summary>
/// A node of the simulation: the rules, its processes, and what a node does with the actions of the rules. What happens is held
/// against the truth, which the simulation knows.
/// </summary>
internal sealed partial class ProcessNode
{
    private readonly ProcessMesh _mesh;
    private readonly Queue<RelationAction> _actions = new();
    private readonly Dictionary<ulong, SimProcess> _processes = [];
    private readonly Dictionary<string, SimProcess> _names = [];
    private readonly Dictionary<long, SessionEnd> _ends = [];
    private readonly Dictionary<int, SessionEnd> _lastEnds = [];
    private readonly Dictionary<ulong, SimMonitor> _monitors = [];
    private ulong _lastNumber;
    private long _lastSession;

    public ProcessNode(ProcessMesh mesh, int number, int limit)
    {
        (_mesh, Number) = (mesh, number);
        Book = new RelationBook(
            process => _processes.TryGetValue(process, out var p) && p.IsAlive,
            name => _names.TryGetValue(name, out var p) && p.IsAlive ? p.Number : 0,
            Decide,
            limit);
    }

    public int Number { get; }

    public RelationBook Book { get; }

    public IEnumerable<SimProcess> Alive => _processes.Values.Where(p => p.IsAlive);

    public IReadOnlyCollection<SimProcess> Processes => _processes.Values;

    public IReadOnlyDictionary<ulong, SimMonitor> Monitors => _monitors;

    public IEnumerable<SessionEnd> OpenEnds => _lastEnds.Values.Where(e => e.IsOpen);

    public long NewSessionNumber() => ++_lastSession;

    public SimProcess Find(ulong number) => _processes[number];

    /// <summary>The end of the last session with the other node; null when there was none.</summary>
    public SessionEnd? EndTo(ProcessNode other) => _lastEnds.GetValueOrDefault(other.Number);

    /// <summary>How this node knows a process; by a session that is over, if so.</summary>
    public ProcessKey Key(SimProcess process) =>
        process.Node == this ? ProcessKey.Local(process.Number) : new ProcessKey(EndTo(process.Node)?.Number ?? long.MaxValue, process.Number);

    public void Start(SessionEnd end)
    {
        if (EndTo(end.Peer.Node) is { } replaced)
            End(replaced);
        end.IsOpen = true;
        _lastEnds[end.Peer.Node.Number] = _ends[end.Number] = end;
        Book.OnSessionStarted(end.Number);
    }

    public void End(SessionEnd end)
    {
        bool wasOpen = end.IsOpen;
        (end.IsOpen, end.IsEnded) = (false, true);
        if (!wasOpen)
            return;

        var linked = Alive.SelectMany(p => end.Peer.Node.Processes.Where(o => Book.AreLinked(p.Number, new ProcessKey(end.Number, o.Number))), (p, o) => (p, o));
        var broken = linked.Select(l => (l.p.Number, l.o.Number)).ToHashSet();
        Book.OnSessionEnded(end.Number);
        _mesh.Require(
            broken.SetEquals(_actions.OfType<DeliverExit>().Select(e => (e.Process, e.From.Number))), "a lost session broke other links than ran across it");
        foreach (var call in end.Calls.TakeAll())
            EndCall(call);
        CarryOut();
    }

    public void Receive(SessionEnd end, ProcessMessage message)
    {
        if (message is HelloMessage && !end.IsEnded && (EndTo(end.Peer.Node)?.Session.Order ?? 0) < end.Session.Order)
            Start(end);
        else if (message is SignalMessage signal)
            Receive(end, signal);
        else if (end.IsOpen && message is CallMessage call)
            Receive(end, call);
        else if (end.IsOpen && message is ReplyMessage reply)
            Receive(end, reply);
    }

    public SimProcess Spawn(bool isAlive = true)
    {
        var process = new SimProcess(this, ++_lastNumber, isAlive) { TrapsExits = _mesh.World.Chance(0.5) };
        _processes.Add(process.Number, process);
        if (isAlive && _mesh.World.Chance(0.3))
            _names[_mesh.PickName()] = process;
        return process;
    }

    /// <summary>A process ends: it is dead at once, then its relations hear of it.</summary>
    public void Exit(SimProcess process, ExitReason reason)
    {
        _mesh.World.Note(3, Number, (long)process.Number, (long)reason.Kind);
        _mesh.OweNotices(process);
        (process.IsAlive, process.Reason) = (false, reason);
        foreach (var (end, call) in process.Unanswered)
            Answer(end, call);
        process.Unanswered.Clear();
        Book.OnExited(process.Number, reason);
        CarryOut();
    }

    private void Receive(SessionEnd end, SignalMessage message)
    {
        if (end.IsOpen)
            NoteArrival(end, message.Signal);
        string? error = message.Signal switch
        {
            MonitorSignal signal => Book.OnMonitor(end.Number, signal),
            DemonitorSignal signal => Book.OnDemonitor(end.Number, signal),
            DownSignal signal => Book.OnDown(end.Number, signal),
            ExitSignal signal => Book.OnExit(end.Number, signal),
            LinkSignal signal when message.Type == FrameType.Link => Book.OnLink(end.Number, signal),
            LinkSignal signal when message.Type == FrameType.Unlink => Book.OnUnlink(end.Number, signal),
            LinkSignal signal => Book.OnUnlinkAck(end.Number, signal),
            _ => throw new InvalidOperationException(),
        };
        _mesh.Require(error is null, $"an honest node was told that it sent {error}");
        _mesh.Require(end.IsOpen || _actions.Count == 0, "a late signal had an effect");
        CarryOut();

        void NoteArrival(SessionEnd end, object signal)
        {
            if (signal is MonitorSignal monitor)
                end.Peer.Node._monitors[monitor.Reference].Arrive(monitor.HasName ? _names.GetValueOrDefault(monitor.Name) : Find(monitor.Process));
            else if (signal is LinkSignal link && message.Type == FrameType.Unlink)
                _mesh.Links(end.Session, Find(link.To), end.Peer.Node.Find(link.From)).Of(end.Peer.Node.Find(link.From)).UnlinkArrivedAt = _mesh.World.Events;
        }
    }

    private void Decide(RelationAction action)
    {
        _mesh.Require(action is not DeliverDown { Watcher: not 0 } down || Find(down.Watcher).IsAlive, "a monitor fired whose watcher is dead");
        _actions.Enqueue(action);
    }

    private void CarryOut()
    {
        while (_actions.TryDequeue(out var action))
        {
            switch (action)
            {
                case SendSignal send:
                    var end = _ends[send.Session];
                    _mesh.Require(end.IsOpen, "a signal was sent on a session that is over");
                    end.Session.Send(end, new SignalMessage(send.Type, send.Signal));
                    break;
                case DeliverDown down:
                    Check(down);
                    break;
                case DeliverExit exit:
                    Deliver(exit);
                    break;
            }
        }
    }

    private void Deliver(DeliverExit exit)
    {
        var process = Find(exit.Process);
        if (!process.IsAlive)
            return;
        if (exit.IsLink)
            Check(process, exit);

        bool isNormal = exit.Reason.Kind == ExitKind.Normal;
        if (!exit.IsLink && exit.Reason.Kind == ExitKind.Killed)
            Exit(process, ExitReason.Killed);
        else if (!process.TrapsExits && !isNormal)
            Exit(process, exit.IsLink ? new ExitReason(ExitKind.Linked, $"{exit.From.Number}: {exit.Reason}") : exit.Reason);
    }

    private void Check(DeliverDown down)
    {
        var monitor = _monitors[down.Reference];
        _mesh.Require(!monitor.HasFired, "a monitor fired twice");
        _mesh.Require(!monitor.IsTakenBack, "a monitor fired that was taken back");
        _mesh.Require(monitor.Watcher == down.Watcher, "a monitor fired for another watcher");
        monitor.HasFired = true;

        bool isCut = down.Target.Session != 0 && monitor.End is not { IsOpen: true };
        if (down.Reason.Kind == ExitKind.NoConnection)
        {
            _mesh.Require(isCut, "a monitor spoke of a lost connection that is there");
            return;
        }

        _mesh.Require(monitor.HasArrived && !isCut, "a monitor fired that its target cannot have answered");
        _mesh.Require(monitor.Found is not { IsAlive: true }, "a monitor fired whose target lives");
        _mesh.Require(down.Reason == (monitor.Found?.Reason ?? ExitReason.NoProcess), $"a monitor fired for the wrong reason: {down.Reason}");
        _mesh.Require(monitor.Found is not { } found || found.Number == down.Target.Number, "a monitor fired for another process");
    }

    private void Check(SimProcess process, DeliverExit exit)
    {
        var end = exit.From.Session == 0 ? null : _ends.GetValueOrDefault(exit.From.Session);
        if (exit.Reason.Kind == ExitKind.NoConnection)
        {
            _mesh.Require(end is null or { IsOpen: false }, "a link broke for a lost connection that is there");
            return;
        }

        var other = (end?.Peer.Node ?? this).Find(exit.From.Number);
        var links = _mesh.Links(end?.Session, process, other);
        var (own, theirs) = (links.Of(process), links.Facing(process));
        _mesh.Require(!other.IsAlive, "a link broke whose other end lives");
        _mesh.Require(exit.Reason == other.Reason || exit.Reason == ExitReason.NoProcess, $"a link broke for the wrong reason: {exit.Reason}");
        _mesh.Require(!Book.AreLinked(process.Number, exit.From), "a link broke and is there");
        _mesh.Require(
            !own.HasActed || own.HasLinked || theirs.LinkedAt > own.UnlinkArrivedAt, "a process heard of the end of one that it had unlinked");
        _mesh.Require(++own.Notices <= own.Links + theirs.Links, "a process was told of one link twice");
    }
}
