using System.Net;
using RefusalReason = Firn.Protocol.Wire.RefusalReason;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol;

/// <summary>Whether a node connects to the peers that it is told of.</summary>
internal sealed record NodeRulesOptions
{
    public bool IsMesh { get; init; } = true;

    public PeerBookLimits Peers { get; init; } = new();

    public DialLimits Dials { get; init; } = new();

    public RecordLimits Records { get; init; } = new();
}

/// <summary>
/// All decisions of a node: events and a timestamp in, actions out. It holds the peer book, the dial book and the record
/// book together, and has no socket, clock or lock; a node calls it under one lock, a simulation from one queue.
/// Every link, dialled or accepted, is known by the number that <see cref="NewLink"/> gave it.
/// </summary>
internal sealed partial class NodeRules
{
    private readonly PeerKey _self;
    private readonly NodeRulesOptions _options;
    private readonly Dictionary<long, Teller> _tellers = [];
    private List<NodeAction> _actions = [];
    private long _lastLink;
    private long _now;
    private bool _isFinal;

    public NodeRules(PeerKey self, AdmissionPolicy admission, NodeRulesOptions options, Func<double> random)
    {
        (_self, _options, Admission) = (self, options, admission);
        Peers = new PeerBook(self, options.Peers, OnPeerAction);
        Records = new RecordBook(self, options.Records, random);
        Dials = new DialBook(options.Dials, random, NewLink, action => _actions.Add(action), Records.Forget, CookieFor, RelaysFor);
        _random = random;
    }

    public PeerBook Peers { get; }

    public DialBook Dials { get; }

    public RecordBook Records { get; }

    /// <summary>When <see cref="Tick"/> has something to do next.</summary>
    public long NextDue => Math.Min(Dials.NextDue, Records.NextDue);

    /// <summary>Whether <see cref="TakeActions"/> has any.</summary>
    public bool HasActions => _actions.Count > 0;

    public long NewLink() => ++_lastLink;

    /// <summary>What the calls since the last one ask the node to do, in order.</summary>
    public IReadOnlyList<NodeAction> TakeActions()
    {
        var actions = _actions;
        _actions = [];
        return actions;
    }

    /// <summary>Keeps <paramref name="address"/> connected from now on.</summary>
    public void Configure(NodeAddress address, long now) => Dials.Configure(address, now);

    /// <summary>
    /// Dials an address for a caller; or a peer that is known under exactly this name, <c>name@host</c> without a port, wherever it is.
    /// </summary>
    public void Request(long request, NodeAddress address, long now)
    {
        bool mayBeName = address is { ExpectedName: not null, Scheme: "tcp", Port: NodeAddress.DefaultPort };
        var name = mayBeName && NodeName.TryParse($"{address.ExpectedName}@{address.Host}", out var parsed, out _) ? parsed : (NodeName?)null;
        if (name is not { } full || !TryRequest(request, peer => peer.Name == full, did: null, also: address))
            Dials.Request(request, address, now);
    }

    /// <summary>Dials the node of <paramref name="did"/> for a caller, where peers, sources or the user have said it is.</summary>
    public void Request(long request, Did did, long now)
    {
        _now = now;
        var current = Admission.Rotations.Resolve(did) ?? did;
        if (current == _self.Did)
            Fail(request, FailureReason.Self, $"{did} is this node itself.");
        else if (!TryRequest(request, peer => peer.Did == current, current, also: null))
            Fail(request, FailureReason.Unreachable, $"Nobody has told where {did} lives: dial one of its addresses.");
    }

    /// <summary>
    /// A source says that a node may be there. This node itself, and addresses that are nobody's, are passed over. What the user has
    /// configured is taken as it is, and kept connected from now on.
    /// </summary>
    public void OnFound(Sighting sighting, long now)
    {
        if (sighting.Kind == DialKind.Configured)
        {
            foreach (var address in sighting.Addresses)
                Configure(address, now);
            return;
        }

        var did = sighting.Did is { } said ? Admission.Rotations.Resolve(said) ?? said : null;
        var addresses = sighting.Addresses.Where(MeshAddresses.MayBeSomebody).Distinct().Take(Sighting.MaxAddresses).ToList();
        if (did == _self.Did || addresses.Count == 0)
        {
            Dials.OnLost(sighting.Source, sighting.Key);
            return;
        }

        var up = did is null ? null : Peers.Up.FirstOrDefault(p => p.Key.Did == did);
        Dials.OnFound(sighting with { Did = did, Addresses = addresses }, up?.Key, now);
    }

    /// <summary>A stranger is <paramref name="peer"/>, and has proved <paramref name="cookie"/>; null where admission is by trust.</summary>
    public ProofDecision OnProof(PeerKey peer, CookieKey? cookie, Incarnation incarnation, long now)
    {
        var refusal = Admit(peer, cookie);
        return refusal == RefusalReason.Unspecified ? Peers.OnProof(peer, incarnation, now) : new ProofDecision(refusal, null);
    }

    public RefusalReason OnCommit(
        long link, PeerKey peer, CookieKey? cookie, Incarnation incarnation, SessionId id, SessionId? last, ulong counter, long now)
    {
        _now = now;
        var refusal = Admit(peer, cookie);
        if (refusal == RefusalReason.Unspecified)
            refusal = Peers.OnCommit(link, peer, incarnation, id, last, counter, now);
        if (refusal == RefusalReason.Unspecified)
            _admitted[link] = new Admitted(peer, cookie);
        return refusal;
    }

    /// <summary>The attempt has reached <paramref name="peer"/>. On a refusal the attempt is over: the caller closes it with that reason.</summary>
    public VerdictDecision OnVerdict(long attempt, PeerKey peer, CookieKey? cookie, Incarnation incarnation, SessionId? held, long proved, long now)
    {
        _now = now;
        if (!Dials.OnReached(attempt, peer))
            return new VerdictDecision(RefusalReason.Duplicate, null, 0);

        var refusal = Admit(peer, cookie);
        if (refusal != RefusalReason.Unspecified)
            return new VerdictDecision(refusal, null, 0);

        var decision = Peers.OnVerdict(peer, incarnation, held, proved, now);
        if (decision.Refusal == RefusalReason.Duplicate)
            Dials.OnYielded(attempt, IsUp(peer), now);
        return decision;
    }

    public void OnCommitSent(
        long attempt, PeerKey peer, CookieKey? cookie, Incarnation incarnation, SessionId id, VerdictDecision decision, long now)
    {
        _admitted[attempt] = new Admitted(peer, cookie);
        Peers.OnCommitSent(attempt, peer, incarnation, id, decision, now);
    }

    /// <summary>The acceptor took our Commit; false when another session has won meanwhile and this link is to be closed.</summary>
    public bool OnAccepted(long attempt, long now)
    {
        _now = now;
        var peer = Peers.FindByLink(attempt)?.Key;
        bool isUnwanted = peer is { } reached && Dials.IsUnwanted(attempt, reached);
        bool wins = Peers.OnAccepted(attempt, now);
        Dials.OnYielded(attempt, peer is { } p && IsUp(p), now);

        // Hung up while our Commit was on its way: the peer has taken it, and must be told.
        if (wins && isUnwanted)
            Hangup(peer!.Value, now);
        if (wins)
            Recheck(attempt, now);   // whom this node admits may have changed as well
        else
            _admitted.Remove(attempt);
        return wins;
    }

    /// <summary>An attempt failed, before or after its Commit. <paramref name="isProofRefused"/>: because of the cookie, as far as it looks.</summary>
    public void OnDialFailed(
        long attempt, RefusalReason refusal, DialFailure failure, long now, bool isProofRefused = false)
    {
        _now = now;
        _admitted.Remove(attempt);
        var peer = Peers.FindByLink(attempt)?.Key;
        Peers.OnEnded(attempt, EndReason.TransportError, now);

        // The other end is making a session with us at this moment, or has one.
        if (refusal is RefusalReason.Simultaneous or RefusalReason.Duplicate)
            Dials.OnYielded(attempt, peer is { } p && IsUp(p), now);
        else
            Dials.OnFailed(attempt, failure, isFinal: refusal == RefusalReason.Stale, now, isProofRefused);
        if (refusal == RefusalReason.Stale)
            WarnOfCopy(peer?.Name.ToString() ?? "A node that was dialled");
    }

    /// <summary>A session ended. <paramref name="isTold"/>: the peer gave the reason.</summary>
    public void OnSessionEnded(long link, EndReason reason, bool isTold, long now)
    {
        _now = now;
        _tellers.Remove(link);
        _relays.Remove(link);
        _admitted.Remove(link);
        var peer = Peers.FindByLink(link)?.Key;
        _isFinal = isTold && reason is EndReason.Superseded or EndReason.Stale;
        Peers.OnEnded(link, reason, now);
        if (_isFinal && peer is { } p)
            WarnOfCopy(p.Name.ToString());
        _isFinal = false;
        _actions.Add(new ForgetLink(link));
    }

    /// <summary>Ends the session with <paramref name="peer"/> and does not dial it again until asked; false when there is none.</summary>
    public bool Hangup(PeerKey peer, long now)
    {
        if (Peers.Find(peer) is not { IsUp: true } entry)
            return false;

        if (entry.Held is { } held)
        {
            _actions.Add(new CloseLink(held.Link, EndReason.Hangup, "hung up"));
            OnSessionEnded(held.Link, EndReason.Hangup, isTold: false, now);
        }
        else
        {
            // Between two sessions: the one that is being made is hung up when it comes.
            Dials.OnDown(peer, EndReason.Hangup, isFinal: false, now);
        }

        return true;
    }

    /// <summary>
    /// The peer on <paramref name="link"/> tells of others. Returns what is news and within its budget: the caller checks those
    /// signatures, which takes its time, outside its lock, and brings what is genuine to <see cref="OnVerified"/>.
    /// </summary>
    public IReadOnlyList<SignedPeerRecord> OnRecords(long link, IEnumerable<SignedPeerRecord> told, long now)
    {
        if (!_options.IsMesh || Peers.FindByLink(link) is not { IsUp: true })
            return [];

        if (!_tellers.TryGetValue(link, out var teller))
            _tellers[link] = teller = new Teller(_options, now);
        return [.. told.Where(signed => !Records.Holds(signed) && IsWorthACheck(signed, teller, now))];
    }

    /// <summary>Genuine records from <paramref name="link"/>, whose session comes from <paramref name="teller"/>; null through a relay.</summary>
    public void OnVerified(long link, IEnumerable<VerifiedRecord> told, IPAddress? teller, DateTimeOffset wallNow, long now)
    {
        foreach (var verified in told)
            Learn(link, verified, teller, wallNow, now);
    }

    /// <summary>This node's own record has changed.</summary>
    public void SetOwnRecord(SignedPeerRecord own)
    {
        Records.SetOwn(own);
        foreach (var (_, link) in Links())
            _actions.Add(new SendRecords(link, [own]));
    }

    /// <summary>Does what is due at <paramref name="now"/>.</summary>
    public void Tick(long now)
    {
        _now = now;
        if (Records.NextDue <= now)
            _actions.AddRange(Records.TakeNews(Links()));
        Dials.Tick(now);
    }

    public bool IsUp(PeerKey peer) => Peers.Find(peer) is { IsUp: true };

    private void Fail(long request, FailureReason reason, string message) => _actions.Add(new FailDial(request, new DialFailure(reason, message)));

    /// <summary>Completes with a peer that is up, or dials a known one; false when there is no such peer.</summary>
    private bool TryRequest(long request, Func<PeerKey, bool> which, Did? did, NodeAddress? also)
    {
        if (Peers.Up.FirstOrDefault(entry => which(entry.Key)) is { } up)
        {
            _actions.Add(new CompleteDial(request, up.Key));
            return true;
        }

        if (Dials.FindTarget(which, did) is { } target)
        {
            Dials.Request(request, target);
            return true;
        }

        if (Records.Find(which) is not { } record)
            return false;

        // The user asks for this key, so it may be on this machine.
        var addresses = Told(record.Addresses, teller: IPAddress.Loopback).Concat(also is null ? [] : [also]).ToList();
        if (addresses.Count == 0)
            return false;
        Dials.Request(request, record.Peer, addresses);
        return true;
    }

    private void OnPeerAction(NodeAction action)
    {
        _actions.Add(action);
        switch (action)
        {
            case RaisePeerUp up:
                KeepPin(up.Peer);
                Dials.OnUp(up.Peer, _now);
                Records.OnUp(up.Peer, _now);
                Tell(up.Peer, up.Link);
                break;
            case SwitchSession change:
                Tell(change.Peer, change.Link);
                break;
            case RaisePeerDown down:
                Dials.OnDown(down.Peer, down.Reason, _isFinal, _now);
                break;
        }
    }

    /// <summary>What exceeds the teller's budget is not kept: whoever tells it again tells news.</summary>
    private bool IsWorthACheck(SignedPeerRecord signed, Teller teller, long now) =>
        PeerRecord.TryPeek(signed, out var subject, out ulong sequence)
        && Records.IsNews(subject, sequence)
        && Admission.Rotations.StandingOf(subject.Did) == RotationStanding.Good
        && (IsUp(subject) || teller.Dials.TryTake(now))
        && teller.Checks.TryTake(now);

    /// <summary>
    /// Another session may have told the same meanwhile. What speaks of an unknown peer and holds no address that means the same here
    /// is not kept: another teller may be nearer to it. But a relay needs none, and one that is connected is told of to others.
    /// </summary>
    private void Learn(long link, VerifiedRecord told, IPAddress? teller, DateTimeOffset wallNow, long now)
    {
        var (record, subject) = (told.Record, told.Record.Peer);
        if (!Records.IsNews(subject, record.Sequence))
            return;

        var addresses = Told(record.Addresses, teller).ToList();
        if (addresses.Count == 0 && !Records.Knows(subject) && !_relays.Contains(link) && !IsUp(subject))
            return;
        if (Records.Learn(record, told.Signed, link, wallNow, now))
            Dials.Learn(subject, addresses, IsUp(subject), now);
    }

    /// <summary>Those that are worth dialling here.</summary>
    private static IEnumerable<NodeAddress> Told(IEnumerable<NodeAddress> addresses, IPAddress? teller) =>
        addresses.Where(a => MeshAddresses.IsDialable(a, teller)).Select(a => a with { IsTold = true });

    private List<(PeerKey Peer, long Link)> Links() =>
        Peers.Up.Where(p => p.Held is not null).Select(p => (p.Key, p.Held!.Link)).ToList();

    private void Tell(PeerKey newcomer, long link)
    {
        var records = Records.ForNewcomer(newcomer, Peers.Up.Select(p => p.Key));
        if (records.Count > 0)
            _actions.Add(new SendRecords(link, records));
    }

    private void WarnOfCopy(string teller) => _actions.Add(new RaiseWarning(
        $"{teller} knows a newer node with this node's name and key: a copy of its identity runs elsewhere. "
        + "This one no longer dials it; stop one of the two, or give it a home of its own."));

    /// <summary>What one peer may still make this node do by telling of others.</summary>
    private sealed class Teller(NodeRulesOptions options, long now)
    {
        public TokenBucket Checks = new(options.Records.CheckBurst, options.Records.ChecksPerSecond, now);
        public TokenBucket Dials = new(options.Dials.TellerBurst, options.Dials.TellerPerSecond, now);
    }
}
