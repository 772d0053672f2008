namespace Firn.Protocol;

/// <summary>
/// Where the node wants to be connected, when it dials next, and who waits for it. An attempt is known by the number of
/// the link that it makes.
/// </summary>
/// <param name="limits">Limits of dialling.</param>
/// <param name="random">Random numbers of [0, 1).</param>
/// <param name="newLink">Numbers the link of an attempt.</param>
/// <param name="act">Takes what the node is to do.</param>
/// <param name="onGivenUp">Takes each told peer that was never reached and is no longer tried.</param>
/// <param name="cookieFor">
/// Which cookie, from the target's on, may be proved to it; null when it is not to be dialled with any, which holds until
/// <see cref="Reconsider"/>.
/// </param>
/// <param name="relaysFor">The peers that may join this node with the one of a key, the likeliest first.</param>
internal sealed partial class DialBook(
    DialLimits limits, Func<double> random, Func<long> newLink, Action<NodeAction> act, Action<PeerKey> onGivenUp,
    Func<DialTarget, CookieChoice?> cookieFor, Func<Did, IEnumerable<PeerKey>> relaysFor)
{
    private static readonly DialFailure SurvivorFailed = new(
        FailureReason.TimedOut, "another connection with that peer was being made and did not come up");

    private readonly List<DialTarget> _targets = [];
    private readonly HashSet<DialTarget> _open = [];   // neither satisfied nor stopped
    private readonly Dictionary<long, DialTarget> _attempts = [];
    private readonly HashSet<PeerKey> _hungUp = [];
    private readonly EndpointBudget _endpoints = new(limits.PerEndpointMilliseconds, limits.MaxMeshTargets);
    private int _meshTargets;

    public IReadOnlyList<DialTarget> Targets => _targets;

    /// <summary>When <see cref="Tick"/> has something to do next.</summary>
    public long NextDue
    {
        get
        {
            bool isFull = _attempts.Count >= limits.MaxConcurrent;
            bool isFullOfFound = isFull || FoundAttempts >= limits.MaxFound;
            long next = long.MaxValue;
            foreach (var target in _open)
            {
                bool mustWait = target.Kind == DialKind.Found ? isFullOfFound : isFull;
                if (target.State == DialState.AwaitingSurvivor || (target.State == DialState.Waiting && !mustWait))
                    next = Math.Min(next, target.Due);
            }

            return next;
        }
    }

    /// <summary>Keeps <paramref name="address"/> connected from now on.</summary>
    public void Configure(NodeAddress address, long now)
    {
        if (FindByAddress(address) is not { } target)
            AddTarget(new DialTarget(DialKind.Configured, [address]) { Due = now }, DialState.Waiting);
        else
            target.Kind = DialKind.Configured;
    }

    /// <summary>Dials <paramref name="address"/> for a caller, at once; completes with the peer that it is known to lead to if that is up.</summary>
    public void Request(long request, NodeAddress address, long now)
    {
        var target = FindByAddress(address);
        if (target is { State: DialState.Satisfied, Peer: { } peer })
        {
            act(new CompleteDial(request, peer));
            return;
        }

        if (target is null)
            AddTarget(target = new DialTarget(DialKind.Explicit, [address]), DialState.Waiting);
        Request(request, target);
    }

    /// <summary>Dials <paramref name="peer"/>, for which there is no target, for a caller.</summary>
    public void Request(long request, PeerKey peer, IReadOnlyList<NodeAddress> addresses)
    {
        var target = new DialTarget(DialKind.Explicit, addresses) { Peer = peer, DemandsPeer = true };
        AddTarget(target, DialState.Waiting);
        Request(request, target);
    }

    /// <summary>Dials a target whose peer is not connected for a caller, at once; fails if there is no way to it.</summary>
    public void Request(long request, DialTarget target)
    {
        if (IsOutOfReach(target))
        {
            act(new FailDial(request, new DialFailure(
                FailureReason.Unreachable,
                $"No address is known here for {target.Peer!.Value.Name}, and no peer that relays is connected: connect one, or dial an address.")));
            return;
        }

        target.Requests.Add(request);
        if (target.State is DialState.Stopped or DialState.Waiting)
            Start(target);
    }

    /// <summary>Some peer that a target leads to, and where.</summary>
    public DialTarget? FindTarget(Func<PeerKey, bool> peer, Did? did) =>
        _targets.Find(t => (t.Peer is { } known && peer(known)) || (did is not null && t.DemandedDid == did));

    /// <summary>The caller no longer waits; the dial itself goes on.</summary>
    public void Cancel(long request)
    {
        foreach (var target in _targets)
            target.Requests.Remove(request);
    }

    /// <summary>
    /// A told peer: connect to it unless it was hung up; without addresses through a relay, when there is one. <paramref name="isUp"/>: it is connected already.
    /// </summary>
    public void Learn(PeerKey peer, IReadOnlyList<NodeAddress> addresses, bool isUp, long now)
    {
        if (_targets.Find(t => t.DemandsPeer && t.Peer == peer) is { } known)
        {
            if (addresses.Count > 0)   // else who told it may just be further away than who did before
                known.Move(addresses, now);
            return;
        }

        if (_hungUp.Contains(peer) || (_meshTargets >= limits.MaxMeshTargets && !MakeRoom()))
            return;

        _meshTargets++;
        var target = new DialTarget(DialKind.Mesh, addresses) { Peer = peer, DemandsPeer = true, WasConnected = isUp, Due = now };
        AddTarget(target, isUp ? DialState.Satisfied : DialState.Waiting);
    }

    /// <summary>Starts what is due, the longest due first and what was merely found last, as far as the limits allow.</summary>
    public void Tick(long now)
    {
        var due = _open.Where(t => t.State != DialState.Dialling && t.Due <= now).OrderBy(static t => t.Turn).ThenBy(static t => t.Due).ToList();
        foreach (var target in due.Where(t => t.State == DialState.AwaitingSurvivor))
            Retry(target, SurvivorFailed, isFinal: false, now);

        foreach (var target in due)
        {
            if (_attempts.Count >= limits.MaxConcurrent || (target.Kind == DialKind.Found && FoundAttempts >= limits.MaxFound))
                break;
            if (target.State == DialState.Waiting && target.Due <= now && MayDial(target, now))
                Start(target);
        }
    }

    /// <summary>
    /// The attempt has led to <paramref name="peer"/>, who has proved it. False when that was hung up and nobody has asked for it
    /// since: the attempt is over, and its target rests.
    /// </summary>
    public bool OnReached(long attempt, PeerKey peer)
    {
        if (!_attempts.TryGetValue(attempt, out var target))
            return !IsUnwanted(attempt, peer);

        target.Peer = peer;
        if (!IsUnwanted(target))
            return true;

        _attempts.Remove(attempt);
        Stop(target, restsUntil: 0);
        return false;
    }

    /// <summary>
    /// Whether the attempt leads to <paramref name="peer"/>, that was hung up meanwhile, and nobody has asked for it since. One whose target another
    /// session has satisfied is not known any more, but still under way.
    /// </summary>
    public bool IsUnwanted(long attempt, PeerKey peer) => _attempts.TryGetValue(attempt, out var target)
        ? IsUnwanted(target)
        : _hungUp.Contains(peer) && !_targets.Exists(t => t.Requests.Count > 0 && LeadsTo(t, peer));

    /// <summary>The attempt ended without a session of its own; its peer is up already, or another session with it is being made.</summary>
    public void OnYielded(long attempt, bool isUp, long now)
    {
        if (!_attempts.Remove(attempt, out var target))
            return;

        if (isUp)
        {
            Satisfy(target, now);
        }
        else
        {
            Enter(target, DialState.AwaitingSurvivor);
            target.Due = now + limits.SurvivorMilliseconds;
        }
    }

    /// <summary>
    /// The attempt failed. <paramref name="isFinal"/>: the peer has told this node not to come back. <paramref name="isProofRefused"/>: another
    /// cookie may do, if there is one; each is tried once in a round.
    /// </summary>
    public void OnFailed(long attempt, DialFailure failure, bool isFinal, long now, bool isProofRefused = false)
    {
        if (!_attempts.Remove(attempt, out var target))
            return;

        if (isProofRefused && HasNextCookie(target))
        {
            Enter(target, DialState.Waiting);
            target.Due = now;
            return;
        }

        Retry(target, failure, isFinal, now);
    }

    /// <summary>The attempt goes on by <paramref name="way"/>; if it makes the session, that way is tried first next time.</summary>
    public void OnAnswered(long attempt, DialWay way)
    {
        if (_attempts.TryGetValue(attempt, out var target))
            target.Current = way;
    }

    /// <summary>Whom this node admits has changed: whatever waits is tried now, with the first cookie.</summary>
    public void Reconsider(long now)
    {
        foreach (var target in _open.Where(static t => t.State == DialState.Waiting))
            (target.Due, target.Cookie) = (Math.Min(target.Due, now), 0);
    }

    /// <summary>There is one more relay: peers that have no address here are tried now.</summary>
    public void OnRelay(long now)
    {
        foreach (var target in _open.Where(static t => t.State == DialState.Waiting && t.Addresses.Count == 0))
            target.Due = Math.Min(target.Due, now);
    }

    /// <summary>Whether this key is demanded of who answers somewhere.</summary>
    public bool Expects(Did did) => _targets.Exists(target => target.DemandedDid == did);

    /// <summary>Keys were rotated: what leads to an old one leads to the one that has its place.</summary>
    public void Follow(RotationTable rotations)
    {
        foreach (var target in _targets)
            target.Follow(rotations);
        foreach (var peer in _hungUp.Where(peer => rotations.Find(peer.Did) is not null).ToList())
            _hungUp.Add(peer with { Did = rotations.Resolve(peer.Did) ?? peer.Did });
    }

    /// <summary>The association with <paramref name="peer"/> is up, whoever dialled.</summary>
    public void OnUp(PeerKey peer, long now)
    {
        _hungUp.Remove(peer);
        foreach (var target in _targets)
        {
            if (target.State == DialState.Satisfied || !LeadsTo(target, peer))
                continue;

            target.Peer = peer;

            // An attempt that is still under way will learn from the Verdict that it is not needed.
            if (target.State == DialState.Dialling)
                _attempts.Remove(_attempts.First(a => a.Value == target).Key);
            Satisfy(target, now);
        }
    }

    /// <summary>
    /// The association with <paramref name="peer"/> ended. <paramref name="isFinal"/>: the peer has told this node not to
    /// come back, because a copy of it runs elsewhere.
    /// </summary>
    public void OnDown(PeerKey peer, EndReason reason, bool isFinal, long now)
    {
        bool isHungUp = reason == EndReason.Hangup;
        if (isHungUp)
            _hungUp.Add(peer);

        foreach (var target in _targets.FindAll(t => t.Peer == peer && t.State == DialState.Satisfied))
        {
            target.Backoff.OnDown(now);
            Enter(target, DialState.Waiting);
            target.Due = now + target.Backoff.Next(random());
            if (isFinal || isHungUp || target.IsLost || (reason == EndReason.Shutdown && target.Kind != DialKind.Configured))
                Stop(target, isFinal ? long.MaxValue : now);
        }
    }

    private void AddTarget(DialTarget target, DialState state)
    {
        _targets.Add(target);
        Enter(target, state);
    }

    private void Enter(DialTarget target, DialState state)
    {
        target.State = state;
        if (state is DialState.Satisfied or DialState.Stopped)
            _open.Remove(target);
        else
            _open.Add(target);
    }

    /// <summary>Drops a told peer that is not to be dialled anyway: such ones must not keep out those that are.</summary>
    private bool MakeRoom()
    {
        if (_open.FirstOrDefault(static t => t is { Kind: DialKind.Mesh, State: DialState.Waiting, Due: long.MaxValue }) is not { } resting)
            return false;

        Stop(resting);
        onGivenUp(resting.Peer!.Value);
        return true;
    }

    private DialTarget? FindByAddress(NodeAddress address) =>
        _targets.Find(t => t is { DemandsPeer: false, IsPlace: false } && t.Addresses[0] == address);

    /// <summary>Whether this peer is what the target is about: it was reached there, or its key is demanded there.</summary>
    private static bool LeadsTo(DialTarget target, PeerKey peer) =>
        target.Peer == peer || (!target.DemandsPeer && target.ExpectedDid == peer.Did);

    private bool IsUnwanted(DialTarget target) =>
        target.Requests.Count == 0 && _hungUp.Count > 0 && _hungUp.Any(peer => LeadsTo(target, peer));

    /// <summary>
    /// Not dialled again until somebody asks, or a source says it again after <paramref name="restsUntil"/>. Only what is configured, or still
    /// said to be there, is remembered for that.
    /// </summary>
    private void Stop(DialTarget target, long restsUntil = long.MaxValue)
    {
        Enter(target, DialState.Stopped);
        target.RestsUntil = restsUntil;
        if (target.Kind == DialKind.Configured || target.Sightings.Count > 0 || !_targets.Remove(target))
            return;
        if (target.Kind == DialKind.Mesh)
            _meshTargets--;
    }

    private void Start(DialTarget target)
    {
        long link = newLink();
        _attempts[link] = target;
        Enter(target, DialState.Dialling);
        var cookie = cookieFor(target) ?? default;
        var addresses = target.Allowed ?? target.Addresses;
        (target.Cookie, target.Current, target.Allowed) = (cookie.Index, null, null);
        DialWay[] ways = [.. addresses.Select(static address => new DirectWay(address)), .. RelaysTo(target)];
        act(new StartDial(link, ways, target.DemandsPeer ? target.Peer : null, target.ExpectedDid, cookie.Key) { Preferred = target.Preferred });
    }

    /// <summary>Whether no way leads there: a peer without an address here, while there is no relay.</summary>
    private bool IsOutOfReach(DialTarget target) => target.Addresses.Count == 0 && !RelaysTo(target).Any();

    private IEnumerable<RelayedWay> RelaysTo(DialTarget target) => target.DemandedDid is { } did
        ? relaysFor(did).Select(relay => new RelayedWay(relay, did)).OrderBy(way => way != target.Preferred).Take(limits.MaxRelays)
        : [];

    /// <summary>
    /// Finds the addresses that the budget allows. One that many tell, such as that of every machine's own bridge, is passed over and does not hold
    /// up the others. While the same key is being dialled elsewhere it waits.
    /// </summary>
    private bool MayDial(DialTarget target, long now)
    {
        if (cookieFor(target) is null)
        {
            target.Due = long.MaxValue;
            return false;
        }

        if (target.DemandedDid is { } did && _attempts.Values.Any(other => other.DemandedDid == did))
        {
            target.Due = now + limits.SurvivorMilliseconds;
            return false;
        }

        if (!target.IsHint)
            return true;

        var allowed = target.Addresses.Where(address => _endpoints.NextAllowed(address, now) <= now).ToList();
        if (IsOutOfReach(target))
        {
            target.Due = long.MaxValue;   // until there is a relay
            return false;
        }

        if (allowed.Count == 0 && target.Addresses.Count > 0)
        {
            target.Due = target.Addresses.Min(address => _endpoints.NextAllowed(address, now));
            return false;
        }

        allowed.ForEach(address => _endpoints.Take(address, now));
        target.Allowed = allowed;
        return true;
    }

    private bool HasNextCookie(DialTarget target)
    {
        target.Cookie++;
        return cookieFor(target) is not null;
    }

    private void Satisfy(DialTarget target, long now)
    {
        Enter(target, DialState.Satisfied);
        target.Cookie = 0;
        target.WasConnected = true;
        target.Failures = 0;
        target.Preferred = target.Current ?? target.Preferred;
        target.Backoff.OnUp(now);
        foreach (long request in target.Requests)
            act(new CompleteDial(request, target.Peer!.Value));
        target.Requests.Clear();
    }

    private void Retry(DialTarget target, DialFailure failure, bool isFinal, long now)
    {
        target.Cookie = 0;
        target.Failures++;
        if (target.Current == target.Preferred)
            target.Preferred = null;   // what once worked has failed

        bool isHopeless = isFinal || failure.Reason == FailureReason.Self || target.IsGivenUpAfter(limits.MaxFailures);
        if (target.Requests.Count == 0)
            act(new ReportDialFailure(target.Place, failure, !isHopeless));
        foreach (long request in target.Requests)
            act(new FailDial(request, failure));
        target.Requests.Clear();

        Enter(target, DialState.Waiting);
        target.Due = now + target.Backoff.Next(random());
        if (isHopeless || target.IsLost || IsUnwanted(target))
            Stop(target, isFinal || failure.Reason == FailureReason.Self ? long.MaxValue : now + limits.RestMilliseconds);
        if (isHopeless && !isFinal && target.Kind == DialKind.Mesh)
            onGivenUp(target.Peer!.Value);
    }
}
