using Firn.Protocol.Wire;

namespace Firn.Protocol;

/// <summary>
/// The monitors and links of a node's processes, among themselves and across sessions, with Erlang's semantics: a monitor fires
/// exactly once or is taken back; a link breaks at both ends; when a session ends, all that runs across it does, with
/// <see cref="ExitReason.NoConnection"/>.
/// <para>Takes what local processes ask, their ends, sessions and what comes on them; gives <see cref="RelationAction"/>s, which are
/// carried out after the call has returned. The caller locks.</para>
/// <para>What a session's other end sends is answered with null, or with a sentence that says how it broke the protocol.
/// Signals of a session that was not started, or has ended, change nothing.</para>
/// </summary>
/// <param name="isAlive">Whether the local process of that number lives; 0 never does.</param>
/// <param name="whereIs">The number of the local process that has a name; 0 when none has.</param>
/// <param name="act">Takes the actions.</param>
/// <param name="limit">How many monitors and links one end of a session may have at the other.</param>
internal sealed class RelationBook(
    Func<ulong, bool> isAlive, Func<string, ulong> whereIs, Action<RelationAction> act, int limit = RelationBook.MaxPerSession)
{
    /// <summary>Monitors and links that one end of a session may have at the other.</summary>
    public const int MaxPerSession = 65_536;

    private readonly Dictionary<long, SessionRelations> _sessions = [];
    private readonly MonitorBook _monitors = new(isAlive, whereIs, act);
    private readonly LinkBook _links = new(isAlive, act);

    /// <summary>Whether there is no session and no relation.</summary>
    public bool IsEmpty => _sessions.Count == 0 && _monitors.IsEmpty && _links.IsEmpty;

    /// <summary>From here on relations may run across <paramref name="session"/>, a number that no other session had.</summary>
    public void OnSessionStarted(long session)
    {
        ArgumentOutOfRangeException.ThrowIfZero(session);
        _sessions.Add(session, new SessionRelations(session, limit));
    }

    /// <summary>The session is over: monitors across it fire, links across it break.</summary>
    public void OnSessionEnded(long session)
    {
        if (!_sessions.Remove(session, out var ended))
            return;

        _monitors.OnSessionEnded(ended);
        _links.OnSessionEnded(ended);
    }

    /// <summary>A local process has ended; the caller's isAlive no longer knows it.</summary>
    public void OnExited(ulong process, ExitReason reason)
    {
        _monitors.OnExited(process, reason, _sessions);
        _links.OnExited(process, reason, _sessions);
    }

    /// <summary>
    /// A process, or a waiter outside of any (0), is to be told when <paramref name="target"/> ends; at once when it is not there.
    /// Returns the reference of the monitor.
    /// </summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>: too many on that session.</exception>
    public ulong Monitor(ulong watcher, ProcessKey target)
    {
        ArgumentOutOfRangeException.ThrowIfZero(target.Number);
        return _monitors.Add(watcher, target, null, _sessions.GetValueOrDefault(target.Session));
    }

    /// <summary>As <see cref="Monitor(ulong, ProcessKey)"/>, for whoever has <paramref name="name"/> on the node at the other end.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>, or <see cref="FailureReason.InvalidInput"/>: no process may have that name.</exception>
    public ulong Monitor(ulong watcher, long session, string name)
    {
        if (!ProcessName.IsValid(name))
            throw new FirnException(FailureReason.InvalidInput, $"'{name}' cannot be the name of a process: it takes 1 to 128 of A-Z a-z 0-9 . _ / -");
        return _monitors.Add(watcher, new ProcessKey(session, 0), name, _sessions.GetValueOrDefault(session));
    }

    /// <summary>A reference of a monitor that the caller sees to himself.</summary>
    public ulong NewReference() => _monitors.NewReference();

    /// <summary>Takes a monitor back: it does not fire any more. False when it has fired, or never was.</summary>
    public bool Demonitor(ulong reference) => _monitors.Remove(reference, _sessions);

    /// <summary>Links a local process with <paramref name="other"/>. When that is not there, the process hears of its exit at once.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>: too many on that session.</exception>
    public void Link(ulong process, ProcessKey other)
    {
        ArgumentOutOfRangeException.ThrowIfZero(other.Number);
        _links.Link(process, other, _sessions.GetValueOrDefault(other.Session));
    }

    /// <summary>They are no longer linked: the end of either is not heard of by the other from here on.</summary>
    public void Unlink(ulong process, ProcessKey other) => _links.Unlink(process, other, _sessions.GetValueOrDefault(other.Session));

    /// <summary>Whether a local process is linked with <paramref name="other"/>, as far as this node knows.</summary>
    public bool AreLinked(ulong process, ProcessKey other) => _links.AreLinked(process, other, _sessions.GetValueOrDefault(other.Session));

    /// <summary>A local process, or this node (0), tells <paramref name="to"/> to end. Nothing comes of it when that is not there.</summary>
    public void Exit(ulong from, ProcessKey to, ExitReason reason)
    {
        ArgumentOutOfRangeException.ThrowIfZero(to.Number);
        if (to.Session == 0)
            TellToExit(to.Number, ProcessKey.Local(from), reason);
        else if (_sessions.ContainsKey(to.Session))
            act(new SendSignal(to.Session, FrameType.Exit, new ExitSignal { From = from, To = to.Number, Reason = reason.ToWire() }));
    }

    public string? OnMonitor(long session, MonitorSignal signal) =>
        signal.Reference == 0 ? "a monitor without a reference"
        : signal.TargetCase == MonitorSignal.TargetOneofCase.None ? "a monitor without a target"
        : signal.TargetCase == MonitorSignal.TargetOneofCase.Process && signal.Process == 0 ? "a monitor of process 0"
        : signal.TargetCase == MonitorSignal.TargetOneofCase.Name && !ProcessName.IsValid(signal.Name) ? "a monitor of what cannot be a name"
        : _sessions.TryGetValue(session, out var at) ? _monitors.OnMonitor(at, signal) : null;

    public string? OnDemonitor(long session, DemonitorSignal signal)
    {
        if (signal.Reference == 0)
            return "a demonitor without a reference";
        if (_sessions.TryGetValue(session, out var at))
            _monitors.OnDemonitor(at, signal.Reference);
        return null;
    }

    public string? OnDown(long session, DownSignal signal)
    {
        if (signal.Reference == 0)
            return "a down without a reference";
        if (_sessions.TryGetValue(session, out var at))
            _monitors.OnDown(at, signal);
        return null;
    }

    public string? OnLink(long session, LinkSignal signal) =>
        IsWithoutProcess(signal) ? "a link without a process"
        : _sessions.TryGetValue(session, out var at) ? _links.OnLink(at, Pair(signal)) : null;

    public string? OnUnlink(long session, LinkSignal signal)
    {
        if (IsWithoutProcess(signal))
            return "an unlink without a process";
        if (_sessions.TryGetValue(session, out var at))
            _links.OnUnlink(at, Pair(signal));
        return null;
    }

    public string? OnUnlinkAck(long session, LinkSignal signal)
    {
        if (IsWithoutProcess(signal))
            return "an unlink ack without a process";
        if (_sessions.TryGetValue(session, out var at))
            _links.OnUnlinkAck(at, Pair(signal));
        return null;
    }

    public string? OnExit(long session, ExitSignal signal)
    {
        if (signal.To == 0 || (signal.IsLink && signal.From == 0))
            return "an exit without a process";
        if (!_sessions.TryGetValue(session, out var at))
            return null;

        var reason = ExitReason.FromWire(signal.Reason);
        if (signal.IsLink)
            _links.OnExit(at, new LinkPair(signal.To, signal.From), reason);
        else
            TellToExit(signal.To, new ProcessKey(session, signal.From), reason);
        return null;
    }

    private void TellToExit(ulong process, ProcessKey from, ExitReason reason)
    {
        if (isAlive(process))
            act(new DeliverExit(process, from, reason, IsLink: false));
    }

    private static bool IsWithoutProcess(LinkSignal signal) => signal.From == 0 || signal.To == 0;

    private static LinkPair Pair(LinkSignal signal) => new(signal.To, signal.From);
}
