using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol;

/// <summary>What the acceptor answers to a verified Proof: the session it holds, or a refusal.</summary>
internal readonly record struct ProofDecision(RefusalReason Refusal, SessionId? Held);

/// <summary>What the initiator does with a verified Verdict: commit, or refuse the connection it has just made.</summary>
internal readonly record struct VerdictDecision(RefusalReason Refusal, SessionId? Last, ulong Counter);

/// <summary>
/// Who is connected by which session, and who wins when there are two: one session per pair, whatever crosses.
/// Sessions are known by the local number of their link, never by name, so that an end removes only itself.
/// <see cref="RefusalReason.Unspecified"/> in a decision means yes.
/// </summary>
internal sealed class PeerBook(PeerKey self, PeerBookLimits limits, Action<NodeAction> act)
{
    private readonly Dictionary<PeerKey, PeerEntry> _peers = [];
    private readonly Dictionary<long, PeerEntry> _links = [];
    private readonly Dictionary<NodeName, PeerEntry> _pins = [];
    private ulong _counter;

    /// <summary>Rises with each session that is held. A dial notes it when its Proof goes out.</summary>
    public long Moment { get; private set; }

    /// <summary>Peers whose association is up.</summary>
    public IEnumerable<PeerEntry> Up => _peers.Values.Where(p => p.IsUp);

    public PeerEntry? Find(PeerKey peer) => _peers.GetValueOrDefault(peer);

    public PeerEntry? FindByLink(long link) => _links.GetValueOrDefault(link);

    /// <summary>Whether a node with this key is remembered, by whatever name.</summary>
    public bool HasMet(Did did) => _peers.Keys.Any(peer => peer.Did == did);

    /// <summary>Who has which name at <paramref name="now"/>, and for how long still unless it is connected.</summary>
    public IEnumerable<(PeerKey Peer, long? MillisecondsLeft)> Pins(long now) => _pins.Values
        .Where(pin => IsPinned(pin, now))
        .Select(pin => (pin.Key, pin.IsIdle ? limits.PinMilliseconds - (now - pin.LastSeen) : (long?)null));

    /// <summary>Who has this name at <paramref name="now"/>.</summary>
    public PeerKey? HolderOf(NodeName name, long now) =>
        _pins.TryGetValue(name, out var pin) && IsPinned(pin, now) ? pin.Key : null;

    /// <summary>Who has this name and is connected, or about to be.</summary>
    public PeerKey? InUse(NodeName name) => _pins.TryGetValue(name, out var pin) && !pin.IsIdle ? pin.Key : null;

    /// <summary>Gives a name free that is not <see cref="InUse"/>.</summary>
    public void Unpin(NodeName name) => _pins.Remove(name);

    /// <summary>Names of keys that others have taken the places of are free for those; a name of a frozen key is not.</summary>
    public void Follow(RotationTable rotations)
    {
        foreach (var (name, _) in _pins.Where(pin => rotations.StandingOf(pin.Value.Key.Did) is RotationStanding.Retired or RotationStanding.Rejected).ToList())
            _pins.Remove(name);
    }

    /// <summary>Acceptor: a stranger has proved itself to be <paramref name="peer"/>.</summary>
    public ProofDecision OnProof(PeerKey peer, Incarnation incarnation, long now)
    {
        var refusal = Admit(peer, incarnation, now);
        var entry = refusal == RefusalReason.Unspecified ? Find(peer) : null;

        // A Commit of ours that they have taken names a session that they hold already, and which we shall.
        return new ProofDecision(refusal, entry?.Held?.Id ?? entry?.Commits.FindLast(c => IsFresh(c, entry.Accepted, now))?.Id);
    }

    /// <summary>
    /// Initiator: the acceptor has proved itself to be <paramref name="peer"/>, holding <paramref name="held"/> with us when it answered
    /// the Proof, which went out at the <see cref="Moment"/> <paramref name="proved"/>.
    /// <see cref="RefusalReason.Duplicate"/>: the dial completes with the session that is there or on its way.
    /// </summary>
    public VerdictDecision OnVerdict(PeerKey peer, Incarnation incarnation, SessionId? held, long proved, long now)
    {
        var refusal = Admit(peer, incarnation, now);
        if (refusal != RefusalReason.Unspecified)
            return new VerdictDecision(refusal, null, 0);

        var entry = Remember(peer, now);
        Advance(entry, incarnation);

        // One that has come up since the Proof went out crossed this dial: the Verdict could not name it yet, and to replace it would
        // cost what is under way on it.
        bool isHeld = entry.Held is { } session && (session.Id == held || session.Moment > proved);
        return isHeld || HasFreshCommit(entry, entry.Accepted, now)
            ? new VerdictDecision(RefusalReason.Duplicate, null, 0)
            : new VerdictDecision(RefusalReason.Unspecified, entry.Last, ++_counter);
    }

    /// <summary>Initiator: the Commit that a <see cref="VerdictDecision"/> allowed goes out.</summary>
    public void OnCommitSent(long link, PeerKey peer, Incarnation incarnation, SessionId id, VerdictDecision decision, long now)
    {
        var entry = Remember(peer, now);
        if (incarnation < entry.Incarnation)
            return;   // its next life has connected since the Verdict: this one will not answer

        entry.Commits.Add(new PendingCommit(link, id, decision.Counter, decision.Last, now));
        _links[link] = entry;
    }

    /// <summary>Acceptor: a Commit arrived. On yes the session is held from here on.</summary>
    public RefusalReason OnCommit(
        long link, PeerKey peer, Incarnation incarnation, SessionId id, SessionId? last, ulong counter, long now)
    {
        var refusal = Admit(peer, incarnation, now);
        if (refusal != RefusalReason.Unspecified)
            return refusal;

        var entry = Remember(peer, now);
        Advance(entry, incarnation);

        if (counter <= entry.Taken)
            return RefusalReason.Duplicate;

        // They may name a Commit of ours whose answer is still on its way: they took it, and replace it knowingly.
        var named = entry.Commits.Find(c => c.Id == last && c.Counter > entry.Accepted);
        ulong accepted = named?.Counter ?? entry.Accepted;

        // Crossing commits: the smaller name's survives, unless it has waited so long that it must be stuck.
        if (HasFreshCommit(entry, accepted, now) && self.CompareTo(peer) < 0)
            return RefusalReason.Simultaneous;

        // Held by our dial and not named: they had not taken it when they decided on this one, so the two crossed and ours won.
        if (entry.Held is { IsOurs: true } held && held.Id != last && named is null)
            return RefusalReason.Simultaneous;

        entry.Taken = counter;
        entry.Accepted = accepted;
        Hold(entry, new HeldSession(link, id, IsOurs: false, ++Moment));
        return RefusalReason.Unspecified;
    }

    /// <summary>Initiator: the acceptor took our Commit. False when another session has won; the caller then drops this one.</summary>
    public bool OnAccepted(long link, long now)
    {
        if (!_links.TryGetValue(link, out var entry) || TakeCommit(entry, link) is not { } commit)
            return false;

        // Not if they took a later Commit of ours. If ours and the one that we took crossed, the smaller name's survives.
        entry.LastSeen = now;
        bool wins = commit.Counter > entry.Accepted
            && (entry.Held is not { IsOurs: false } held || commit.Last == held.Id || self.CompareTo(entry.Key) < 0);
        entry.Accepted = Math.Max(entry.Accepted, commit.Counter);

        if (wins)
        {
            Hold(entry, new HeldSession(link, commit.Id, IsOurs: true, ++Moment));
            return true;
        }

        _links.Remove(link);
        EndHandover(entry);
        return false;
    }

    /// <summary>A link ended, in whatever state it was. Unknown links are none of the book's business.</summary>
    public void OnEnded(long link, EndReason reason, long now)
    {
        if (!_links.Remove(link, out var entry))
            return;

        if (TakeCommit(entry, link) is null)
        {
            entry.Held = null;
            entry.LastSeen = now;

            // Goodbye to a session whose place a Commit of ours is about to take is no loss of the peer.
            if (reason == EndReason.Goodbye && entry.Commits.Count > 0)
                entry.Handover = reason;
            else
                GoDown(entry, reason);
        }

        EndHandover(entry);
    }

    private RefusalReason Admit(PeerKey peer, Incarnation incarnation, long now)
    {
        if (peer.Did == self.Did)
            return RefusalReason.Self;
        if (peer.Name == self.Name || (_pins.TryGetValue(peer.Name, out var pin) && pin.Key != peer && IsPinned(pin, now)))
            return RefusalReason.NameTaken;

        var entry = Find(peer);
        if (entry is not null && incarnation < entry.Incarnation)
            return RefusalReason.Stale;
        if (entry is null && _peers.Count >= limits.MaxPeers)
            Forget(now);
        return entry is null && _peers.Count >= limits.MaxPeers ? RefusalReason.Busy : RefusalReason.Unspecified;
    }

    /// <summary>A name belongs to its key while the peer is connected and for some time after it was last seen.</summary>
    private bool IsPinned(PeerEntry entry, long now) => !entry.IsIdle || now - entry.LastSeen < limits.PinMilliseconds;

    /// <summary>Forgets peers that were not seen for as long as a pin lasts.</summary>
    private void Forget(long now)
    {
        foreach (var entry in _peers.Values.Where(p => !IsPinned(p, now)).ToList())
        {
            _peers.Remove(entry.Key);
            if (_pins.GetValueOrDefault(entry.Key.Name) == entry)
                _pins.Remove(entry.Key.Name);
        }
    }

    private PeerEntry Remember(PeerKey peer, long now)
    {
        if (!_peers.TryGetValue(peer, out var entry))
            _peers[peer] = entry = new PeerEntry(peer);
        entry.LastSeen = now;
        _pins[peer.Name] = entry;
        return entry;
    }

    /// <summary>A higher incarnation was proved: whatever belonged to the earlier life is over.</summary>
    private void Advance(PeerEntry entry, Incarnation incarnation)
    {
        if (incarnation <= entry.Incarnation)
            return;

        const string Detail = "a newer incarnation of this node has connected";
        foreach (var commit in entry.Commits)
            Drop(commit.Link, EndReason.Superseded, Detail);
        entry.Commits.Clear();

        if (entry.Held is { } held)
        {
            entry.Held = null;
            Drop(held.Link, EndReason.Superseded, Detail);
        }

        GoDown(entry, EndReason.Superseded);
        entry.Incarnation = incarnation;
        entry.Last = null;
        entry.Taken = null;
    }

    private void Hold(PeerEntry entry, HeldSession session)
    {
        var replaced = entry.Held;
        entry.Held = session;
        entry.Last = session.Id;
        entry.Handover = null;
        _links[session.Link] = entry;

        if (entry.IsUp)
        {
            act(new SwitchSession(entry.Key, session.Link));
        }
        else
        {
            entry.IsUp = true;
            act(new RaisePeerUp(entry.Key, entry.Incarnation, session.Link));
        }

        if (replaced is not null)
            Drop(replaced.Link, EndReason.Goodbye, "another session with this peer took its place");
    }

    private void Drop(long link, EndReason reason, string detail)
    {
        _links.Remove(link);
        act(new CloseLink(link, reason, detail));
    }

    private void EndHandover(PeerEntry entry)
    {
        if (entry.Handover is { } reason && entry.Commits.Count == 0)
            GoDown(entry, reason);
    }

    private void GoDown(PeerEntry entry, EndReason reason)
    {
        entry.Handover = null;
        if (!entry.IsUp)
            return;

        entry.IsUp = false;
        act(new RaisePeerDown(entry.Key, entry.Incarnation, reason));
    }

    private bool HasFreshCommit(PeerEntry entry, ulong accepted, long now) => entry.Commits.Exists(c => IsFresh(c, accepted, now));

    private bool IsFresh(PendingCommit commit, ulong accepted, long now) =>
        commit.Counter > accepted && now - commit.SentAt < limits.CommitPatienceMilliseconds;

    private static PendingCommit? TakeCommit(PeerEntry entry, long link)
    {
        int index = entry.Commits.FindIndex(c => c.Link == link);
        if (index < 0)
            return null;

        var commit = entry.Commits[index];
        entry.Commits.RemoveAt(index);
        return commit;
    }
}
