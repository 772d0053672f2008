namespace Firn.Protocol;

/// <summary>
/// Where the node wants to be connected, when it dials next, and who waits for it. An attempt is known by the number of
/// the link that it makes.
/// </summary>
internal sealed class DialBook(DialLimits limits, Func<double> random, Func<long> newLink, Action<NodeAction> act)
{
    private readonly List<DialTarget> _targets = [];
    private readonly Dictionary<long, DialTarget> _attempts = [];
    private readonly HashSet<PeerKey> _hungUp = [];
    private readonly Dictionary<(string Host, int Port), long> _lastTold = [];
    private long _nextTarget;

    public IReadOnlyList<DialTarget> Targets => _targets;

    /// <summary>Keeps <paramref name="address"/> connected from now on.</summary>
    public void Add(DialKind kind, NodeAddress address, long now)
    {
        if (FindByAddress(address) is not { } target)
            _targets.Add(new DialTarget(_nextTarget++, kind, [address]) { Due = now });
        else if (kind < target.Kind)
            target.Kind = kind;
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
            _targets.Add(target = new DialTarget(_nextTarget++, DialKind.Explicit, [address]));
        if (target.State is DialState.Stopped or DialState.Waiting)
        {
            target.State = DialState.Waiting;
            target.Due = now;
        }

        target.Requests.Add(request);
        Tick(now);
    }

    /// <summary>The caller no longer waits; the dial itself goes on.</summary>
    public void Cancel(long request)
    {
        foreach (var target in _targets)
            target.Requests.Remove(request);
    }

    /// <summary>A told peer: connect to it unless it was hung up. <paramref name="isUp"/>: it is connected already.</summary>
    public bool Learn(PeerKey peer, IReadOnlyList<NodeAddress> addresses, bool isUp, long now)
    {
        if (_targets.Find(t => t.DemandsPeer && t.Peer == peer) is { } known)
        {
            known.Addresses = addresses;
            known.NextAddress = 0;
            return true;
        }

        if (_hungUp.Contains(peer) || _targets.Count(t => t.Kind == DialKind.Mesh) >= limits.MaxMeshTargets)
            return false;

        _targets.Add(new DialTarget(_nextTarget++, DialKind.Mesh, addresses)
        {
            Peer = peer,
            DemandsPeer = true,
            State = isUp ? DialState.Satisfied : DialState.Waiting,
            WasConnected = isUp,
            Due = now,
        });
        return true;
    }

    /// <summary>Starts what is due, as far as the limits allow.</summary>
    public void Tick(long now)
    {
        foreach (var target in _targets.Where(t => t.State == DialState.AwaitingSurvivor && t.Due <= now).ToList())
            Retry(target, FailureReason.TimedOut, "another connection with that peer was being made and did not come up", now);

        for (int i = 0; i < _targets.Count && _attempts.Count < limits.MaxConcurrent; i++)
        {
            if (_targets[i] is { State: DialState.Waiting } target && target.Due <= now && MayDial(target, now))
                Start(target);
        }
    }

    /// <summary>When <see cref="Tick"/> has something to do next.</summary>
    public long NextDue => _targets
        .Where(t => t.State == DialState.AwaitingSurvivor || (t.State == DialState.Waiting && _attempts.Count < limits.MaxConcurrent))
        .Select(t => t.Due)
        .DefaultIfEmpty(long.MaxValue)
        .Min();

    /// <summary>The attempt has led to <paramref name="peer"/>, who has proved it.</summary>
    public void OnReached(long attempt, PeerKey peer)
    {
        if (_attempts.TryGetValue(attempt, out var target))
            target.Peer = peer;
    }

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
            target.State = DialState.AwaitingSurvivor;
            target.Due = now + limits.SurvivorMilliseconds;
        }
    }

    /// <summary>The attempt failed for <paramref name="reason"/>.</summary>
    public void OnFailed(long attempt, FailureReason reason, string message, long now)
    {
        if (_attempts.Remove(attempt, out var target))
            Retry(target, reason, message, now);
    }

    /// <summary>The association with <paramref name="peer"/> is up, whoever dialled.</summary>
    public void OnUp(PeerKey peer, long now)
    {
        _hungUp.Remove(peer);
        foreach (var target in _targets.Where(t => t.Peer == peer))
        {
            // An attempt that is still under way will learn from the Verdict that it is not needed.
            if (target.State == DialState.Dialling)
                _attempts.Remove(AttemptOf(target));
            if (target.State != DialState.Satisfied)
                Satisfy(target, now);
        }
    }

    /// <summary>
    /// The association with <paramref name="peer"/> ended. <paramref name="isFinal"/>: the peer has told this node not to
    /// come back (a copy of it runs elsewhere, or somebody hung up).
    /// </summary>
    public void OnDown(PeerKey peer, EndReason reason, bool isFinal, long now)
    {
        if (reason == EndReason.Hangup)
            _hungUp.Add(peer);

        foreach (var target in _targets.Where(t => t.Peer == peer && t.State == DialState.Satisfied))
        {
            target.Backoff.OnDown(now);
            bool redial = !isFinal && reason != EndReason.Hangup && (reason != EndReason.Shutdown || target.Kind == DialKind.Configured);
            target.State = redial ? DialState.Waiting : DialState.Stopped;
            target.Due = now + target.Backoff.Next(random());
        }

        _targets.RemoveAll(t => t.State == DialState.Stopped && t.Kind != DialKind.Configured);
    }

    private long AttemptOf(DialTarget target) => _attempts.First(a => a.Value == target).Key;

    private DialTarget? FindByAddress(NodeAddress address) => _targets.Find(t => !t.DemandsPeer && t.Addresses[0] == address);

    private void Start(DialTarget target)
    {
        var address = target.Addresses[target.NextAddress++ % target.Addresses.Count];
        long link = newLink();
        _attempts[link] = target;
        target.State = DialState.Dialling;
        act(new StartDial(link, address, target.DemandsPeer ? target.Peer : null));
    }

    /// <summary>Told addresses are others' words: no host and port is tried more often than its own budget allows.</summary>
    private bool MayDial(DialTarget target, long now)
    {
        if (target.Kind != DialKind.Mesh)
            return true;

        var address = target.Addresses[target.NextAddress % target.Addresses.Count];
        var endpoint = (address.Host, address.Port);
        if (_lastTold.TryGetValue(endpoint, out long last) && now - last < limits.PerEndpointMilliseconds)
        {
            target.Due = last + limits.PerEndpointMilliseconds;
            return false;
        }

        if (_lastTold.Count >= limits.MaxMeshTargets)
            _lastTold.Clear();
        _lastTold[endpoint] = now;
        return true;
    }

    private void Satisfy(DialTarget target, long now)
    {
        target.State = DialState.Satisfied;
        target.WasConnected = true;
        target.Failures = 0;
        target.Backoff.OnUp(now);
        foreach (long request in target.Requests)
            act(new CompleteDial(request, target.Peer!.Value));
        target.Requests.Clear();
    }

    private void Retry(DialTarget target, FailureReason reason, string message, long now)
    {
        bool isHopeless = reason is FailureReason.Stale or FailureReason.Self || target.Kind switch
        {
            DialKind.Configured => false,
            DialKind.Mesh => !target.WasConnected && ++target.Failures >= limits.MaxMeshFailures,
            _ => !target.WasConnected,
        };

        if (target.Requests.Count == 0)
            act(new ReportDialFailure(target.Addresses[0], reason, message, !isHopeless));
        foreach (long request in target.Requests)
            act(new FailDial(request, reason, message));
        target.Requests.Clear();

        // The other addresses of a peer are tried before it counts as a round.
        bool roundIsOver = target.NextAddress % target.Addresses.Count == 0;
        target.State = isHopeless ? DialState.Stopped : DialState.Waiting;
        target.Due = roundIsOver ? now + target.Backoff.Next(random()) : now;
        if (isHopeless && target.Kind != DialKind.Configured)
            _targets.Remove(target);
    }
}
