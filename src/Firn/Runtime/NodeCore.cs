using System.Collections.Concurrent;
using Firn.Discovery;
using Firn.Messaging;
using Firn.Protocol;
using Firn.Relays;
using Firn.Runtime;
using Firn.Sessions;
using Firn.Streams;
using Firn.Telemetry;
using Microsoft.Extensions.Logging;

namespace Firn;

/// <summary>
/// The node's hands: it brings every event to the rules under one lock, and carries out what they decide on one pump, in order
/// and outside the lock.
/// </summary>
internal sealed partial class NodeCore : ISessionOwner, IAsyncDisposable
{
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly NodeRules _rules;
    private readonly ActionPump<NodeAction> _pump;
    private readonly RulesTick _tick;
    private readonly Announcer _announcer;
    private readonly Connections _connections = new();
    private readonly ConcurrentDictionary<PeerKey, Peer> _peers = [];
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Peer>> _requests = [];
    private readonly ILogger _logger;
    private readonly Dialler _dialler;
    private readonly SessionServices _services;
    private List<NodeAction> _posted = [];
    private PeerDescription _description;
    private long _lastRequest;
    private volatile bool _isStopping;

    public NodeCore(NodeSetup setup)
    {
        Setup = setup;
        Clock = new NodeClock(setup.Options.TimeProvider);
        Schedule = new Schedule(Clock);
        Events = new EventHub(setup.Options.TimeProvider);
        _description = setup.Description;
        _logger = setup.Options.LoggerFactory.CreateLogger("Firn.Node");
        _rules = new NodeRules(
            setup.Self,
            setup.Handshake.Admission,
            new NodeRulesOptions { IsMesh = setup.Options.Mesh == MeshMode.Full },
            Random.Shared.NextDouble);
        foreach (var pin in setup.KeptPins)
            _rules.Pins.Keep(pin);
        _rules.Pins.Follow(setup.Handshake.Admission.Rotations);   // should a crash have come between
        _pump = new ActionPump<NodeAction>(TakeActions, CarryOut);
        _tick = new RulesTick(this);
        _announcer = new Announcer(this);
        _dialler = new Dialler(this);
        Hub = new MessageHub(setup.Self, setup.Identity.Incarnation, Clock, Schedule, setup.Options.Serializer, _logger);
        StreamHandlers = new StreamHandlers(_logger);
        _services = new SessionServices(
            Clock, Schedule, new MemoryWatch(Clock.Time, setup.Options.IsMemoryShort), StreamHandlers, Hub, setup.Options.MaxSentPayload);
        Telemetry = new FirnTelemetry(setup.Self.Name.ToString(), _connections.Totals, Hub);
        Handshaker = new Handshaker(this);
        Acceptor = new Acceptor(Clock, Schedule, Handshaker.AcceptAsync, _logger);
        Admission = new Admissions(this);
        Invites = new Invites(this);
        Sources = new SourceRunner(this);
        Arrivals = StreamHandlers.Add(
            RelayMessages.Bringing, new StreamHandler(new RelayedArrivals(this, Acceptor.Take).ServeAsync, KeepsStream: true));
        if (setup.Options.Relay)
        {
            Relay = new RelayService(this);
            StreamHandlers.Add(RelayMessages.Asking, Relay.ServeAsync);
            Telemetry.ObserveRelay(() => Relay.Totals);
        }
    }

    public NodeSetup Setup { get; }

    public NodeClock Clock { get; }

    public Schedule Schedule { get; }

    public EventHub Events { get; }

    public FirnTelemetry Telemetry { get; }

    public Acceptor Acceptor { get; }

    public Handshaker Handshaker { get; }

    public Admissions Admission { get; }

    public Invites Invites { get; }

    /// <summary>Takes what relays bring, until it is disposed.</summary>
    public IDisposable Arrivals { get; }

    /// <summary>What it does for peers that cannot reach each other; null unless it relays.</summary>
    public RelayService? Relay { get; }

    public SourceRunner Sources { get; }

    public MessageHub Hub { get; }

    public StreamHandlers StreamHandlers { get; }

    public ILogger Logger => _logger;

    /// <summary>What this node says of itself at this moment.</summary>
    public PeerDescription Description => Volatile.Read(ref _description);

    /// <summary>Whether the node is being disposed: what fails now fails by its own will.</summary>
    public bool IsStopping => _isStopping;

    public IReadOnlyList<Peer> Peers => [.. _peers.Values.OrderBy(p => p.Name.ToString(), StringComparer.Ordinal)];

    /// <summary>This peer, if it is connected.</summary>
    public Peer? Find(PeerKey key) => _peers.GetValueOrDefault(key);

    /// <summary>The peer with this key, if the session with it goes through no relay; of several names, the first.</summary>
    public Peer? FindDirect(Did did) => Peers.FirstOrDefault(peer => peer.Did == did && peer.Session.Link.Relay is null);

    /// <summary>Asks the rules, under the lock, and sees to what they want done.</summary>
    public T Decide<T>(Func<NodeRules, long, T> ask)
    {
        T answer;
        long due;
        bool hasActions;
        lock (_gate)
        {
            answer = ask(_rules, Clock.Now);
            (due, hasActions) = (_rules.NextDue, _rules.HasActions);
        }

        if (hasActions)
            _pump.Run();
        if (due != long.MaxValue)
            Schedule.Set(_tick, due);
        return answer;
    }

    /// <summary>Tells the rules, like <see cref="Decide{T}"/>.</summary>
    public void Tell(Action<NodeRules, long> tell) => Decide((rules, now) =>
    {
        tell(rules, now);
        return true;
    });

    /// <summary>Has <paramref name="action"/> carried out after everything that the rules have asked for so far.</summary>
    public void Post(NodeAction action)
    {
        lock (_gate)
            _posted.Add(action);
        _pump.Run();
    }

    /// <summary>Dials for a caller; completes with the peer, or fails with a <see cref="FirnException"/>.</summary>
    public Task<Peer> ConnectAsync(NodeAddress address, CancellationToken cancellationToken) =>
        ConnectAsync((rules, request, now) => rules.Request(request, address, now), cancellationToken);

    /// <summary>As for an address.</summary>
    public Task<Peer> ConnectAsync(Did did, CancellationToken cancellationToken) =>
        ConnectAsync((rules, request, now) => rules.Request(request, did, now), cancellationToken);

    private async Task<Peer> ConnectAsync(Action<NodeRules, long, long> ask, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isStopping, typeof(Node));
        long request = Interlocked.Increment(ref _lastRequest);
        var completion = new TaskCompletionSource<Peer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[request] = completion;
        if (_isStopping)
            completion.TrySetException(Stopping());
        Tell((rules, now) => ask(rules, request, now));
        try
        {
            return await completion.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _requests.TryRemove(request, out _);
            if (cancellationToken.IsCancellationRequested)
                Tell((rules, _) => rules.Dials.Cancel(request));
        }
    }

    public async Task HangupAsync(Peer peer)
    {
        var session = peer.Session;
        if (Decide((rules, now) => rules.Hangup(peer.Key, now)))
            await session.Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the session over <paramref name="link"/> with a goodbye; false if there is none.</summary>
    public bool Close(Transports.ILink link, EndReason reason, string detail)
    {
        var session = _connections.All.Select(c => c.Session).FirstOrDefault(session => session?.Link == link);
        session?.Close(reason, detail);
        return session is not null;
    }

    /// <summary>Changes what this node says of itself; <paramref name="change"/> runs again when another change came first.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: outside a limit; nothing has changed.</exception>
    public Task DescribeAsync(Func<PeerDescription, PeerDescription> change)
    {
        PeerDescription present, next;
        do
        {
            present = Description;
            next = change(present);
            PeerDescriptionCodec.Encode(next);   // refuses what no peer would take
        }
        while (Interlocked.CompareExchange(ref _description, next, present) != present);

        var told = _announcer.Told;
        Schedule.Set(_announcer, Clock.Now);
        return told;
    }

    public RoleOutcome Negotiate(Peer peer) => Negotiate(peer, Description);

    /// <summary>Enters a link whose handshake runs, so that a decision can end it.</summary>
    public void Enter(long link, Action abort) => _connections.Enter(link, abort);

    public void Leave(long link) => _connections.Leave(link);

    /// <summary>Makes the session of a handshake that is about to be decided, in which the peer was <paramref name="told"/> of this node.</summary>
    public Session CreateSession(SessionTerms terms, Transports.ILink link, PeerDescription told)
    {
        var options = Setup.Options;
        var session = new Session(terms, link, this, _services, options.PingInterval, options.PingDeadline) { Told = told };
        _connections.Enter(session);
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        foreach (var request in _requests.Values)
            request.TrySetException(Stopping());
        await Hub.StopAsync(GoodbyeTime).ConfigureAwait(false);
        await Sources.DisposeAsync().ConfigureAwait(false);
        await Acceptor.DisposeAsync().ConfigureAwait(false);
        await _dialler.DisposeAsync().ConfigureAwait(false);
        Invites.Dispose();

        // What goes through a relay says goodbye first: its way ends with the session with the relay.
        var sessions = _connections.All.Select(c => c.Session).OfType<Session>().ToArray();
        var patience = Task.Delay(GoodbyeTime, Clock.Time);
        await Task.WhenAny(CloseAsync(sessions.Where(s => s.Link.Relay is not null)), patience).ConfigureAwait(false);
        var goodbyes = CloseAsync(sessions);
        await Task.WhenAny(goodbyes, patience).ConfigureAwait(false);

        foreach (var connection in _connections.All)
            connection.Abort();
        foreach (var session in sessions)
            session.Link.Abort();
        await goodbyes.ConfigureAwait(false);
        await StreamHandlers.CloseAsync().WaitAsync(GoodbyeTime, Clock.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Schedule.DisposeAsync().ConfigureAwait(false);

        var last = new LastAction();
        Post(last);
        await last.Done.ConfigureAwait(false);
        await Admission.CompleteAsync().ConfigureAwait(false);
        _announcer.Stop();
        Events.Complete();
        Telemetry.Dispose();
    }

    private static Task CloseAsync(IEnumerable<Session> sessions) => Task.WhenAll([.. sessions.Select(session =>
    {
        session.Close(EndReason.Shutdown, "the node is stopping");
        return session.Completion;
    })]);

    void ISessionOwner.OnDescribed(Session session)
    {
        Tell((rules, now) => rules.OnDescribed(session.Terms.Link, session.CanRelay, now));
        Post(new TellOfChange(session));
    }

    void ISessionOwner.OnRecords(Session session, IEnumerable<Protocol.Wire.SignedPeerRecord> records)
    {
        long link = session.Terms.Link;
        var teller = session.Link.Vantage;
        var news = Decide((rules, now) => rules.OnRecords(link, records, now));
        var verified = VerifiedRecord.Check(news, Clock.Wall);   // between the two, not under the lock
        if (verified.Count > 0)
            Tell((rules, now) => rules.OnVerified(link, verified, teller, Clock.Wall, now));
    }

    void ISessionOwner.OnRtt(Session session, TimeSpan rtt) => Telemetry.Rtt(rtt);

    void ISessionOwner.OnEnded(Session session, EndReason reason, string detail, bool isTold)
    {
        Telemetry.SessionEnded(reason);
        LogSessionEnded(session.Terms.Peer.Name, session.Terms.Id, reason, isTold ? "the peer says: " : "", detail);
        Tell((rules, now) => rules.OnSessionEnded(session.Terms.Link, reason, isTold, now));
    }

    private RoleOutcome Negotiate(Peer peer, PeerDescription mine)
    {
        var theirs = peer.Description;
        return RoleNegotiation.Decide(
            RoleOffer.Of(mine.Capabilities, mine.RoleHint),
            RoleOffer.Of(theirs.Capabilities, theirs.RoleHint),
            mineIsSmaller: Setup.Self.CompareTo(peer.Key) < 0);
    }

    private static FirnException Stopping() => new(FailureReason.ShuttingDown, "This node is stopping.");

    /// <summary>Comes back to the rules when they have something due.</summary>
    private sealed class RulesTick(NodeCore core) : Scheduled
    {
        public override long OnDue(long now) => core.Decide((rules, at) =>
        {
            rules.Tick(at);
            return rules.NextDue;
        });
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Session {Id} with {Peer} ended: {Reason}; {Teller}{Detail}")]
    private partial void LogSessionEnded(NodeName peer, SessionId id, EndReason reason, string teller, string detail);
}
