using Firn.Protocol.Wire;

namespace Firn.Protocol;

/// <summary>
/// Who is to be told when whom ends: this node's monitors by their reference, and for each local process those that watch it.
/// A part of the <see cref="RelationBook"/>.
/// </summary>
internal sealed class MonitorBook(Func<ulong, bool> isAlive, Func<string, ulong> whereIs, Action<RelationAction> act)
{
    private readonly Dictionary<ulong, OwnMonitor> _own = [];
    private readonly Index<ulong, ulong> _ofWatcher = new();
    private readonly Index<ulong, MonitorKey> _ofTarget = new();
    private ulong _lastReference;

    public bool IsEmpty => _own.Count == 0 && _ofWatcher.IsEmpty && _ofTarget.IsEmpty;

    public ulong NewReference() => ++_lastReference;

    /// <summary>A monitor of a local target, or of one at the other end of <paramref name="session"/>; null: that has ended.</summary>
    public ulong Add(ulong watcher, ProcessKey target, string? name, SessionRelations? session)
    {
        session?.AssertMayAsk();
        ulong reference = NewReference();
        if (watcher != 0 && !isAlive(watcher))
            return reference;   // who has ended is told nothing

        if (target.Session == 0 && name is not null)
            target = ProcessKey.Local(whereIs(name));
        var monitor = new OwnMonitor(watcher, target, name);
        if (target.Session != 0 && session is null)
            Fire(reference, monitor, ExitReason.NoConnection);
        else if (target.Session == 0 && !isAlive(target.Number))
            Fire(reference, monitor, ExitReason.NoProcess);
        else
            Keep(reference, monitor, session);
        return reference;
    }

    public bool Remove(ulong reference, Dictionary<long, SessionRelations> sessions)
    {
        if (!_own.Remove(reference, out var monitor))
            return false;

        _ofWatcher.Remove(monitor.Watcher, reference);
        if (monitor.Target.Session == 0)
        {
            _ofTarget.Remove(monitor.Target.Number, new MonitorKey(0, reference));
        }
        else
        {
            sessions[monitor.Target.Session].Monitors.Remove(reference);
            act(new SendSignal(monitor.Target.Session, FrameType.Demonitor, new DemonitorSignal { Reference = reference }));
        }

        return true;
    }

    public void OnExited(ulong process, ExitReason reason, Dictionary<long, SessionRelations> sessions)
    {
        foreach (ulong reference in _ofWatcher.Take(process))
            Remove(reference, sessions);

        foreach (var watcher in _ofTarget.Take(process))
        {
            if (watcher.Session == 0)
            {
                Fire(watcher.Reference, TakeOwn(watcher.Reference), reason);
            }
            else
            {
                sessions[watcher.Session].TheirMonitors.Remove(watcher);
                SendDown(watcher, process, reason);
            }
        }
    }

    public void OnSessionEnded(SessionRelations session)
    {
        foreach (ulong reference in session.Monitors)
            Fire(reference, TakeOwn(reference), ExitReason.NoConnection);
        foreach (var (theirs, target) in session.TheirMonitors)
            _ofTarget.Remove(target, theirs);
    }

    public string? OnMonitor(SessionRelations session, MonitorSignal signal)
    {
        var key = new MonitorKey(session.Number, signal.Reference);
        if (session.TheirMonitors.ContainsKey(key))
            return "two monitors with one reference";

        ulong target = signal.HasName ? whereIs(signal.Name) : signal.Process;
        if (!isAlive(target))
        {
            SendDown(key, target, ExitReason.NoProcess, isAnswer: true);
            return null;
        }

        if (!session.MayHold)
            return "more monitors and links than a session holds";

        session.TheirMonitors.Add(key, target);
        _ofTarget.Add(target, key);
        return null;
    }

    /// <summary>One that has fired meanwhile is none any more.</summary>
    public void OnDemonitor(SessionRelations session, ulong reference)
    {
        var key = new MonitorKey(session.Number, reference);
        if (session.TheirMonitors.Remove(key, out ulong target))
            _ofTarget.Remove(target, key);
    }

    /// <summary>One that was taken back meanwhile does not fire.</summary>
    public void OnDown(SessionRelations session, DownSignal signal)
    {
        if (!session.Monitors.Remove(signal.Reference))
            return;

        var monitor = TakeOwn(signal.Reference);
        if (monitor.Name is not null)
            monitor = monitor with { Target = monitor.Target with { Number = signal.Process } };
        Fire(signal.Reference, monitor, ExitReason.FromWire(signal.Reason));
    }

    private void Keep(ulong reference, OwnMonitor monitor, SessionRelations? session)
    {
        _own.Add(reference, monitor);
        if (monitor.Watcher != 0)
            _ofWatcher.Add(monitor.Watcher, reference);
        if (session is null)
        {
            _ofTarget.Add(monitor.Target.Number, new MonitorKey(0, reference));
            return;
        }

        session.Monitors.Add(reference);
        var signal = new MonitorSignal { Reference = reference };
        if (monitor.Name is { } name)
            signal.Name = name;
        else
            signal.Process = monitor.Target.Number;
        act(new SendSignal(session.Number, FrameType.Monitor, signal));
    }

    private OwnMonitor TakeOwn(ulong reference)
    {
        _own.Remove(reference, out var monitor);
        _ofWatcher.Remove(monitor.Watcher, reference);
        return monitor;
    }

    private void Fire(ulong reference, OwnMonitor monitor, ExitReason reason) =>
        act(new DeliverDown(monitor.Watcher, reference, monitor.Target, monitor.Name, reason));

    private void SendDown(MonitorKey watcher, ulong process, ExitReason reason, bool isAnswer = false) => act(new SendSignal(
        watcher.Session, FrameType.Down, new DownSignal { Reference = watcher.Reference, Process = process, Reason = reason.ToWire() }, isAnswer));

    private readonly record struct OwnMonitor(ulong Watcher, ProcessKey Target, string? Name);
}
