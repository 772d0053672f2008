using System.Globalization;
using System.Net;

namespace Firn.Protocol;

/// <summary>
/// The ways to one node against each other (RFC 8305): started one after the other, the families of addresses by turns, each up to where it is
/// known who answers. The first one that gets there goes on to the handshake, alone: the others are cancelled, so that no acceptor keeps a
/// connection for nothing, and begun again should it fail. Relays come after all direct ways, or when these take long.
/// </summary>
internal sealed class DialRace
{
    private readonly RaceLimits _limits;
    private readonly long _begun;
    private readonly bool _demandsKey;
    private readonly DialWay? _preferred;
    private readonly Func<NodeAddress, bool> _isName;
    private readonly List<Lookup> _lookups = [];
    private readonly List<Entrant> _direct = [];
    private readonly List<Entrant> _relays = [];
    private readonly List<(string Way, RaceFailure Failure)> _failures = [];
    private readonly Dictionary<Did, RaceFailure> _refused = [];
    private List<RaceAction> _actions = [];
    private Entrant? _proving;
    private IpFamily? _lastFamily;
    private long _nextDirect;
    private long _nextRelay;
    private int _lastRun;

    /// <summary>A race that begins.</summary>
    /// <param name="dial">The ways, and who is expected at their end.</param>
    /// <param name="isName">Whether an address holds a name that is to be resolved first.</param>
    /// <param name="limits">Its times.</param>
    /// <param name="now">The time.</param>
    public DialRace(StartDial dial, Func<NodeAddress, bool> isName, RaceLimits limits, long now)
    {
        (_limits, _begun, _preferred, _isName) = (limits, now, dial.Preferred, isName);
        (_nextDirect, _nextRelay) = (now, now);
        _demandsKey = dial.DidThere is not null;
        foreach (var way in dial.Ways)
            Enter(way);
        Tick(now);
    }

    /// <summary>Whether it is over: by a session, or because no way is left.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Why the ways failed, in that order; each once, since a way that has failed is not begun again.</summary>
    public IReadOnlyList<FailedWay> Failures => [.. _failures.Select(f => new FailedWay(f.Way, f.Failure.Reason, f.Failure.Message))];

    /// <summary>
    /// What the dial has failed with: the failure of the way that led furthest. That an address is this node's own counts only if all are.
    /// </summary>
    public RaceFailure Outcome
    {
        get
        {
            var (_, failure) = _failures
                .OrderByDescending(static f => f.Failure.IsYielding)
                .ThenBy(static f => f.Failure.Reason == FailureReason.Self)
                .ThenByDescending(static f => f.Failure.Stage)
                .ThenBy(static f => f.Failure.Reason == FailureReason.TimedOut)
                .First();
            return failure with { IsProofRefused = _failures.Exists(static f => f.Failure.IsProofRefused) };
        }
    }

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public long NextDue
    {
        get
        {
            if (IsOver)
                return long.MaxValue;

            long due = _begun + _limits.DeadlineMilliseconds;
            if (_proving is { } proving)
                return MayGiveUp(proving) ? Math.Min(due, proving.At + _limits.ProofMilliseconds) : due;
            foreach (var lookup in _lookups.Where(static l => l is { IsReleased: false, FoundAt: not null }))
                due = Math.Min(due, lookup.FoundAt!.Value + _limits.ResolutionMilliseconds);
            if (_direct.Exists(static e => e.State == EntrantState.Waiting))
                due = Math.Min(due, _nextDirect);
            if (_relays.Exists(static e => e.State == EntrantState.Waiting))
                due = Math.Min(due, Math.Max(_nextRelay, HasDirect ? _begun + _limits.RelayMilliseconds : 0));
            return due;
        }
    }

    /// <summary>Whether some direct way may still lead somewhere.</summary>
    private bool HasDirect => _lookups.Exists(static l => l.Open > 0) || _direct.Exists(static e => e.State != EntrantState.Failed);

    /// <summary>What the driver is to do now.</summary>
    public IReadOnlyList<RaceAction> TakeActions()
    {
        var actions = _actions;
        _actions = [];
        return actions;
    }

    /// <summary>The addresses of one family that a name has, best first; none if it has none, or the lookup failed.</summary>
    public void OnResolved(NodeAddress name, IpFamily family, IReadOnlyList<IPAddress> addresses, long now)
    {
        if (_lookups.Find(l => l.Name == name) is not { Open: > 0 } lookup || IsOver)
            return;

        lookup.Open--;
        lookup.FoundAt ??= addresses.Count > 0 ? now : null;
        var found = addresses.Take(_limits.MaxPerName).Select(address => new DirectWay(name, address));
        if (lookup.IsReleased)
            found.ToList().ForEach(Add);
        else
            lookup.Found.InsertRange(family == IpFamily.V6 ? 0 : lookup.Found.Count, found);
        if (!lookup.IsReleased && (lookup.Open == 0 || (family == IpFamily.V6 && addresses.Count > 0)))
            Release(lookup);
        Tick(now);
    }

    /// <summary>Somebody with the key of <paramref name="did"/> answers, and nothing was proved to it; true when this way goes on to the handshake.</summary>
    public bool OnAnswered(int run, Did did, long now)
    {
        if (IsOver || Find(run) is not { State: EntrantState.Running } entrant)
            return false;   // another way is ahead, or this one was cancelled
        if (_refused.TryGetValue(did, out var refused))
        {
            Fail(entrant, refused, now);
            return false;
        }

        (entrant.State, entrant.At, entrant.Did, _proving) = (EntrantState.Proving, now, did, entrant);
        foreach (var other in Running())
            Return(other);
        return true;
    }

    /// <summary>
    /// The handshake of this way comes to where the rules decide; true when they may be asked. From then on no other way is tried, and time alone ends it.
    /// </summary>
    public bool OnDeciding(int run)
    {
        if (IsOver || _proving is not { } proving || proving.Run != run)
            return false;
        proving.IsDecided = true;
        return true;
    }

    /// <summary>A way has failed.</summary>
    public void OnFailed(int run, RaceFailure failure, long now)
    {
        if (!IsOver && Find(run) is { } entrant)
            Fail(entrant, failure, now);
    }

    /// <summary>A way has led to a session, or to the peer that this node holds one with already.</summary>
    public void OnWon(int run)
    {
        if (Find(run) is not null)
            End();
    }

    /// <summary>Starts and ends what is due at <paramref name="now"/>.</summary>
    public void Tick(long now)
    {
        if (IsOver)
            return;
        if (now >= _begun + _limits.DeadlineMilliseconds)
        {
            foreach (var entrant in Running().Concat(_proving is { } p ? [p] : []).ToList())
                NoteTimeout(entrant, _limits.DeadlineMilliseconds);
            foreach (var lookup in _lookups.Where(static l => !l.IsReleased))
                Note(lookup.Name.ToString(), Silent(lookup.Name, "the name did not resolve in time"));
            if (_proving is { } late)
                _actions.Add(new CancelWay(late.Run));
            End();
            return;
        }

        if (_proving is { } proving && MayGiveUp(proving) && now >= proving.At + _limits.ProofMilliseconds)
        {
            NoteTimeout(proving, _limits.ProofMilliseconds);
            Leave(proving);
            _actions.Add(new CancelWay(proving.Run));
        }

        if (_proving is not null)
            return;
        foreach (var lookup in _lookups.Where(l => !l.IsReleased && l.FoundAt + _limits.ResolutionMilliseconds <= now).ToList())
            Release(lookup);
        if (now >= _nextDirect && NextDirect() is { } direct)
        {
            Start(direct, now);
            _nextDirect = now + _limits.StaggerMilliseconds;
        }

        bool isRelaysTurn = !HasDirect || now >= _begun + _limits.RelayMilliseconds;
        if (isRelaysTurn && now >= _nextRelay && _relays.Find(static e => e.State == EntrantState.Waiting) is { } relay)
        {
            Start(relay, now);
            _nextRelay = now + _limits.StaggerMilliseconds;
        }

        if (!HasDirect && _relays.TrueForAll(static e => e.State == EntrantState.Failed))
            End();
    }

    private void Enter(DialWay way)
    {
        if (way is DirectWay { Literal: null } direct && _isName(direct.Address))
        {
            if (_lookups.Exists(l => l.Name == direct.Address))
                return;
            _lookups.Add(new Lookup(direct.Address));
            _actions.Add(new ResolveName(direct.Address));
            return;
        }

        Add(way);
    }

    private void Add(DialWay way)
    {
        var all = way is RelayedWay ? _relays : _direct;
        if (_direct.Count + _relays.Count < _limits.MaxWays && !all.Exists(e => e.Way == way))
            all.Add(new Entrant(way));
    }

    private void Release(Lookup lookup)
    {
        lookup.IsReleased = true;
        lookup.Found.ForEach(Add);
        if (lookup.Open == 0 && lookup.Found.Count == 0)
            Note(lookup.Name.ToString(), new RaceFailure(RaceStage.Connecting, FailureReason.Unreachable, $"Cannot reach {lookup.Name}: the name does not resolve."));
    }

    /// <summary>What worked last time before all others; then the first of the family whose turn it is.</summary>
    private Entrant? NextDirect()
    {
        var waiting = _direct.Where(static e => e.State == EntrantState.Waiting).ToList();
        return waiting.Find(e => e.Way == _preferred)
            ?? waiting.Find(e => FamilyOf(e.Way) != _lastFamily)
            ?? waiting.FirstOrDefault();
    }

    private void Start(Entrant entrant, long now)
    {
        (entrant.State, entrant.At, entrant.Run) = (EntrantState.Running, now, ++_lastRun);
        if (entrant.Way is DirectWay)
            _lastFamily = FamilyOf(entrant.Way);
        _actions.Add(new StartWay(entrant.Run, entrant.Way));
    }

    /// <summary>Back among those that wait: it has done nothing wrong.</summary>
    private void Return(Entrant entrant)
    {
        entrant.State = EntrantState.Waiting;
        _actions.Add(new CancelWay(entrant.Run));
    }

    private void Fail(Entrant entrant, RaceFailure failure, long now)
    {
        Note(entrant.Way.ToString()!, failure);
        Leave(entrant);
        if (failure.IsRefused && entrant.Did is { } did)
            _refused[did] = failure;

        // The rules have decided, or the only node that will do has refused.
        bool isOutcome = failure.IsYielding || failure.Stage == RaceStage.Deciding || (failure.IsRefused && _demandsKey && entrant.Did is not null);
        if (isOutcome)
        {
            End();
            return;
        }

        // The next one need not wait for its time.
        if (entrant.Way is RelayedWay)
            _nextRelay = now;
        else
            _nextDirect = now;
        Tick(now);
    }

    private void Leave(Entrant entrant)
    {
        entrant.State = EntrantState.Failed;
        if (_proving == entrant)
            _proving = null;
    }

    private void End()
    {
        IsOver = true;
        foreach (var entrant in Running())
            _actions.Add(new CancelWay(entrant.Run));
    }

    private void Note(string way, RaceFailure failure) => _failures.Add((way, failure));

    private void NoteTimeout(Entrant entrant, long milliseconds) => Note(
        entrant.Way.ToString()!,
        new RaceFailure(
            entrant.IsDecided ? RaceStage.Deciding : entrant.State == EntrantState.Proving ? RaceStage.Proving : RaceStage.Connecting,
            FailureReason.TimedOut,
            string.Create(CultureInfo.InvariantCulture, $"{entrant.Way} did not answer within {milliseconds / 1000} s.")));

    private List<Entrant> Running() => [.. _direct.Concat(_relays).Where(static e => e.State == EntrantState.Running)];

    private Entrant? Find(int run) =>
        _direct.Concat(_relays).FirstOrDefault(e => e.Run == run && e.State is EntrantState.Running or EntrantState.Proving);

    /// <summary>Whether a handshake that takes long gives way to others.</summary>
    private bool MayGiveUp(Entrant proving) => !proving.IsDecided && _direct.Concat(_relays).Any(static e => e.State == EntrantState.Waiting);

    private static RaceFailure Silent(NodeAddress name, string why) =>
        new(RaceStage.Connecting, FailureReason.TimedOut, $"Cannot reach {name}: {why}.");

    private static IpFamily FamilyOf(DialWay way) => way is DirectWay direct ? direct.Family : IpFamily.None;

    private enum EntrantState
    {
        Waiting,
        Running,
        Proving,
        Failed,
    }

    /// <summary>A name whose addresses are looked up, two families at a time.</summary>
    private sealed class Lookup(NodeAddress name)
    {
        public NodeAddress Name => name;

        public int Open { get; set; } = 2;

        public long? FoundAt { get; set; }

        public List<DirectWay> Found { get; } = [];

        public bool IsReleased { get; set; }
    }

    /// <summary>A way that takes part.</summary>
    private sealed class Entrant(DialWay way)
    {
        public DialWay Way => way;

        public EntrantState State { get; set; }

        public int Run { get; set; }

        /// <summary>When it was started, or went on to the handshake.</summary>
        public long At { get; set; }

        /// <summary>Whose key answers there, once it is known.</summary>
        public Did? Did { get; set; }

        public bool IsDecided { get; set; }
    }
}
