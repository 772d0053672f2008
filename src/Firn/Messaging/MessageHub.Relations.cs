using System.Collections.Concurrent;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;

namespace Firn.Messaging;

/// <summary>Monitors, links and exits: asked of the <see cref="RelationBook"/> under one lock, carried out in order after it.</summary>
internal sealed partial class MessageHub
{
    private readonly Lock _relationGate = new();
    private readonly RelationBook _relations;
    private readonly ActionPump<RelationAction> _pump;
    private readonly ConcurrentDictionary<long, MessageLink> _sessions = [];
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<Firn.ExitReason>> _waiters = [];
    private readonly ConcurrentDictionary<(ProcessCore Watcher, NodeName Node), bool> _nodeMonitors = [];
    private List<RelationAction> _actions = [];

    public ulong Monitor(ProcessCore watcher, Pid target) => Ask(book => book.Monitor(watcher.Number, KeyOf(target)));

    public ulong Monitor(ProcessCore watcher, string name, Peer node)
    {
        long session = _links.GetValueOrDefault(node.Key)?.Number ?? -1;
        return Ask(book => book.Monitor(watcher.Number, session, name));
    }

    public void Demonitor(ulong reference) => Ask(book => book.Demonitor(reference));

    public void Link(ProcessCore process, Pid other) => Tell(book => book.Link(process.Number, KeyOf(other)));

    public void Unlink(ProcessCore process, Pid other) => Tell(book => book.Unlink(process.Number, KeyOf(other)));

    public void Exit(Pid process, Firn.ExitReason reason)
    {
        ulong from = ProcessCore.Current?.Number ?? 0;
        Tell(book => book.Exit(from, KeyOf(process), reason));
    }

    public async Task<Firn.ExitReason> WhenDownAsync(Pid process, CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<Firn.ExitReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        ulong reference = 0;
        Tell(book =>
        {
            reference = book.Monitor(watcher: 0, KeyOf(process));
            _waiters[reference] = waiter;   // before anything that the monitor has fired is carried out
        });
        try
        {
            return await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _waiters.TryRemove(reference, out _);
            if (cancellationToken.IsCancellationRequested)
                Demonitor(reference);
        }
    }

    public void MonitorNode(ProcessCore watcher, NodeName node)
    {
        _nodeMonitors[(watcher, node)] = true;
        if (!_links.Values.Any(link => link.PeerKey.Name == node) && _nodeMonitors.TryRemove((watcher, node), out _))
            watcher.Mailbox.DeliverNotice(new NodeDown(node, EndReason.TransportError));
    }

    /// <summary>A peer is no longer connected.</summary>
    public void OnPeerDown(NodeName node, EndReason reason)
    {
        foreach (var monitor in _nodeMonitors.Keys.Where(m => m.Node == node).ToList())
        {
            if (_nodeMonitors.TryRemove(monitor, out _))
                monitor.Watcher.Mailbox.DeliverNotice(new NodeDown(node, reason));
        }
    }

    /// <summary>A signal of a peer; returns what is wrong with it.</summary>
    public string? OnSignal(MessageLink link, FrameType type, ReadOnlySpan<byte> payload)
    {
        long session = link.Number;
        switch (type)
        {
            case FrameType.Monitor:
                var monitor = MonitorSignal.Parser.ParseFrom(payload);
                return Ask(book => book.OnMonitor(session, monitor));
            case FrameType.Demonitor:
                var demonitor = DemonitorSignal.Parser.ParseFrom(payload);
                return Ask(book => book.OnDemonitor(session, demonitor));
            case FrameType.Down:
                var down = DownSignal.Parser.ParseFrom(payload);
                return Ask(book => book.OnDown(session, down));
            case FrameType.Exit:
                var exit = ExitSignal.Parser.ParseFrom(payload);
                return Ask(book => book.OnExit(session, exit));
            default:
                var link2 = LinkSignal.Parser.ParseFrom(payload);
                return Ask(book => type switch
                {
                    FrameType.Link => book.OnLink(session, link2),
                    FrameType.Unlink => book.OnUnlink(session, link2),
                    _ => book.OnUnlinkAck(session, link2),
                });
        }
    }

    /// <summary>Starts a process that a peer asked for, linked to one of the peer's if it wants that.</summary>
    public void SpawnFor(MessageLink link, ulong call, ulong linkedTo, ProcessCore process)
    {
        Add(process);
        if (linkedTo != 0)
            Ask(book => book.OnLink(link.Number, new LinkSignal { From = linkedTo, To = process.Number }));

        // The answer leaves before the process can say or signal anything.
        if (call != 0)
            link.ReplySpawned(call, process.Number);
        process.Start();
    }

    /// <summary>A process that was spawned on a peer is linked to one of this node from its first moment.</summary>
    public void OnSpawnedLinked(ProcessCore process, MessageLink link, ulong spawned) =>
        Ask(book => book.OnLink(link.Number, new LinkSignal { From = spawned, To = process.Number }));

    private void BeginRelations(MessageLink link)
    {
        _sessions[link.Number] = link;
        Tell(book => book.OnSessionStarted(link.Number));
    }

    private void EndRelations(MessageLink link) => Tell(book =>
    {
        book.OnSessionEnded(link.Number);
        _actions.Add(new ForgetSession(link.Number));
    });

    private void EndRelations(ProcessCore process, Firn.ExitReason reason)
    {
        Tell(book => book.OnExited(process.Number, reason));
        foreach (var monitor in _nodeMonitors.Keys.Where(m => m.Watcher == process).ToList())
            _nodeMonitors.TryRemove(monitor, out _);
    }

    private T Ask<T>(Func<RelationBook, T> ask)
    {
        T answer;
        lock (_relationGate)
            answer = ask(_relations);
        _pump.Run();
        return answer;
    }

    private void Tell(Action<RelationBook> tell) => Ask(book =>
    {
        tell(book);
        return true;
    });

    private List<RelationAction> TakeActions()
    {
        lock (_relationGate)
        {
            var actions = _actions;
            if (actions.Count > 0)
                _actions = [];
            return actions;
        }
    }

    private void CarryOut(RelationAction action)
    {
        switch (action)
        {
            case SendSignal send:
                if (_sessions.TryGetValue(send.Session, out var link))
                    link.Signal(send.Type, send.Signal);
                break;
            case DeliverDown { Watcher: 0 } down:
                if (_waiters.TryRemove(down.Reference, out var waiter))
                    waiter.TrySetResult(down.Reason);
                break;
            case DeliverDown down:
                _processes.GetValueOrDefault(down.Watcher)?.Mailbox.DeliverNotice(
                    new Down(new MonitorRef(down.Reference), IdOf(down.Target), down.Name, down.Reason));
                break;
            case DeliverExit exit:
                _processes.GetValueOrDefault(exit.Process)?.OnExitSignal(IdOf(exit.From), exit.Reason, exit.IsLink);
                break;
            case ForgetSession gone:
                _sessions.TryRemove(gone.Session, out _);
                break;
        }
    }

    private bool IsAlive(ulong process) => _processes.ContainsKey(process);

    private ulong NumberOf(string name) => _names.GetValueOrDefault(name)?.Number ?? 0;

    /// <summary>How the book knows a process; one whose node is not connected, or lives another life, is on a session that is none.</summary>
    private ProcessKey KeyOf(Pid id)
    {
        if (IsHere(id))
            return ProcessKey.Local(id.Number);
        return _links.TryGetValue(id.Life.Node, out var link) && link.Life.Incarnation == id.Life.Incarnation
            ? new ProcessKey(link.Number, id.Number)
            : new ProcessKey(-1, id.Number);
    }

    private Pid IdOf(ProcessKey key) =>
        key.Number == 0 ? default
        : key.Session == 0 ? new Pid(Life, key.Number, this)
        : _sessions.TryGetValue(key.Session, out var link) ? new Pid(link.Life, key.Number, this) : default;

    /// <summary>Nothing of a session is to be carried out any more.</summary>
    private sealed record ForgetSession(long Session) : RelationAction;
}
