using System.Collections.Concurrent;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;
using Firn.Sessions;

namespace Firn.Messaging;

/// <summary>Monitors, links and exits: asked of the <see cref="RelationBook"/> under one lock, carried out in order after it; signals are queued under it.</summary>
internal sealed partial class MessageHub
{
    private readonly Lock _relationGate = new();
    private readonly RelationBook _relations;
    private readonly ActionPump<RelationAction> _pump;
    private readonly ConcurrentDictionary<long, MessageLink> _sessions = [];
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<Firn.ExitReason>> _waiters = [];
    private List<RelationAction> _actions = [];

    public ulong Monitor(ProcessCore watcher, Pid target) => Ask(book => Monitor(book, watcher.Number, target));

    public ulong Monitor(ProcessCore watcher, string name, Peer node)
    {
        long session = _links.GetValueOrDefault(node.Key)?.Number ?? -1;
        return Ask(book => book.Monitor(watcher.Number, session, name));
    }

    public void Demonitor(ulong reference) => Ask(book => book.Demonitor(reference));

    public void Link(ProcessCore process, Pid other) => Tell(book =>
    {
        if (WhyAbsent(other) is { } reason)
            _actions.Add(new ExitOfAbsent(process.Number, other, reason));
        else
            book.Link(process.Number, KeyOf(other));
    });

    public void Unlink(ProcessCore process, Pid other) => Tell(book => book.Unlink(process.Number, KeyOf(other)));

    public void Exit(Pid process, Firn.ExitReason reason)
    {
        ProcessCore.ThrowIfCurrentExited();
        ulong from = ProcessCore.Current is { } current && current.Hub == this ? current.Number : 0;
        Tell(book => book.Exit(from, KeyOf(process), reason));
    }

    public async Task<Firn.ExitReason> WhenDownAsync(Pid process, CancellationToken cancellationToken)
    {
        ThrowIfOver(cancellationToken);
        var waiter = new TaskCompletionSource<Firn.ExitReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        ulong reference = 0;
        Tell(book =>
        {
            reference = Monitor(book, watcher: 0, process);
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
                var pair = LinkSignal.Parser.ParseFrom(payload);
                return Ask(book => type switch
                {
                    FrameType.Link => book.OnLink(session, pair),
                    FrameType.Unlink => book.OnUnlink(session, pair),
                    _ => book.OnUnlinkAck(session, pair),
                });
        }
    }

    /// <summary>Starts a process that a peer asked for, linked to one of the peer's if it wants that.</summary>
    public void SpawnFor(MessageLink link, ulong call, ulong linkedTo, ProcessCore process)
    {
        // Signals are queued under the same lock: the answer leaves before anything that tells of the process.
        Tell(book =>
        {
            Add(process, name: null);
            if (linkedTo != 0)
                book.OnLink(link.Number, new LinkSignal { From = linkedTo, To = process.Number });
            if (call != 0)
                FinishLater(link, link.QueueSpawned(call, process.Number));
        });
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
        DemonitorNodes(process);
    }

    /// <summary>Lists a process that is about to start, linked to one that may have ended meanwhile.</summary>
    private void AddLinked(ProcessCore process, string? name, ProcessCore linkedTo) => Tell(book =>
    {
        Add(process, name);
        if (IsAlive(linkedTo.Number))
            book.Link(linkedTo.Number, ProcessKey.Local(process.Number));
        else
            _actions.Add(new DeliverExit(process.Number, ProcessKey.Local(linkedTo.Number), linkedTo.Reason, IsLink: true));
    });

    private ulong Monitor(RelationBook book, ulong watcher, Pid target)
    {
        if (WhyAbsent(target) is not { } reason)
            return book.Monitor(watcher, KeyOf(target));
        ulong reference = book.NewReference();
        _actions.Add(new DownOfAbsent(watcher, reference, target, reason));
        return reference;
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

    /// <summary>Under the gate: signals are queued at once, so that they go in the order of what was decided, whoever pumps.</summary>
    private void Act(RelationAction action)
    {
        if (action is not SendSignal send)
            _actions.Add(action);
        else if (_sessions.TryGetValue(send.Session, out var link))
            FinishLater(link, link.QueueSignal(send));
    }

    private void FinishLater(MessageLink link, Queued queued)
    {
        if (queued != Queued.Done)
            _actions.Add(new FinishSignal(link, queued));
    }

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
            case FinishSignal signal:
                signal.Link.Finish(signal.Queued);
                break;
            case DeliverDown down:
                OnDown(down.Watcher, down.Reference, IdOf(down.Target), down.Name, down.Reason);
                break;
            case DownOfAbsent down:
                OnDown(down.Watcher, down.Reference, down.Target, null, down.Reason);
                break;
            case DeliverExit exit:
                _processes.GetValueOrDefault(exit.Process)?.OnExitSignal(
                    IdOf(exit.From), exit.Reason, exit.IsLink, _sessions.GetValueOrDefault(exit.From.Session));
                break;
            case ExitOfAbsent exit:
                _processes.GetValueOrDefault(exit.Process)?.OnExitSignal(exit.From, exit.Reason, isLink: true, sender: null);
                break;
            case ForgetSession gone:
                _sessions.TryRemove(gone.Session, out _);
                break;
        }
    }

    private void OnDown(ulong watcher, ulong reference, Pid target, string? name, Firn.ExitReason reason)
    {
        if (watcher != 0)
            _processes.GetValueOrDefault(watcher)?.Mailbox.DeliverNotice(new Down(new MonitorRef(reference), target, name, reason));
        else if (_waiters.TryRemove(reference, out var waiter))
            waiter.TrySetResult(reason);
    }

    private bool IsAlive(ulong process) => _processes.ContainsKey(process);

    private ulong NumberOf(string name) => _names.GetValueOrDefault(name)?.Number ?? 0;

    /// <summary>Why nothing can be asked about a process, if so: its node has been started again since, or is not connected.</summary>
    private Firn.ExitReason? WhyAbsent(Pid id) =>
        IsHere(id) ? null
        : IsOfEarlierLife(id) ? Firn.ExitReason.NoProcess
        : KeyOf(id).Session < 0 ? Firn.ExitReason.NoConnection : null;

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

    /// <summary>A monitor of a process that cannot be asked about fires.</summary>
    private sealed record DownOfAbsent(ulong Watcher, ulong Reference, Pid Target, Firn.ExitReason Reason) : RelationAction;

    /// <summary>A link with a process that cannot be asked about breaks.</summary>
    private sealed record ExitOfAbsent(ulong Process, Pid From, Firn.ExitReason Reason) : RelationAction;

    /// <summary>A frame was queued, and the session must see to it.</summary>
    private sealed record FinishSignal(MessageLink Link, Queued Queued) : RelationAction;

    /// <summary>Nothing of a session is to be carried out any more.</summary>
    private sealed record ForgetSession(long Session) : RelationAction;
}
