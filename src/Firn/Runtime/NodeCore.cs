using System.Collections.Concurrent;
using System.Net;
using Firn.Protocol;
using Firn.Runtime;
using Firn.Sessions;
using Firn.Telemetry;
using Google.Protobuf;
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
    private readonly ActionPump _pump;
    private readonly RulesTick _tick;
    private readonly ConcurrentDictionary<long, Connection> _connections = [];
    private readonly ConcurrentDictionary<PeerKey, Peer> _peers = [];
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Peer>> _requests = [];
    private readonly ILogger _logger;
    private readonly Dialler _dialler;
    private TrafficTotals _ended;
    private long _lastRequest;
    private volatile bool _isStopping;

    public NodeCore(NodeSetup setup)
    {
        Setup = setup;
        Clock = new NodeClock(setup.Options.TimeProvider);
        Schedule = new Schedule(Clock);
        Events = new EventHub(setup.Options.TimeProvider);
        Description = setup.Description;
        _logger = setup.Options.LoggerFactory.CreateLogger("Firn.Node");
        _rules = new NodeRules(
            setup.Self,
            new NodeRulesOptions { IsMesh = setup.Options.Mesh == MeshMode.Full },
            PeerRecord.Verify,
            Random.Shared.NextDouble);
        _pump = new ActionPump(TakeActions, CarryOut);
        _tick = new RulesTick(this);
        _dialler = new Dialler(this);
        Telemetry = new FirnTelemetry(setup.Self.Name.ToString(), Traffic);
        Handshaker = new Handshaker(this);
        Acceptor = new Acceptor(Clock, Schedule, Handshaker.AcceptAsync, _logger);
    }

    public NodeSetup Setup { get; }

    public NodeClock Clock { get; }

    public Schedule Schedule { get; }

    public EventHub Events { get; }

    public FirnTelemetry Telemetry { get; }

    public Acceptor Acceptor { get; }

    public Handshaker Handshaker { get; }

    public ILogger Logger => _logger;

    /// <summary>What this node says of itself at this moment.</summary>
    public PeerDescription Description { get; private set; }

    public IReadOnlyList<Peer> Peers => [.. _peers.Values.OrderBy(p => p.Name.ToString(), StringComparer.Ordinal)];

    /// <summary>Asks the rules, under the lock, and sees to what they want done.</summary>
    public T Decide<T>(Func<NodeRules, long, T> ask)
    {
        T answer;
        long due;
        lock (_gate)
        {
            answer = ask(_rules, Clock.Now);
            due = _rules.NextDue;
        }

        _pump.Signal();
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

    /// <summary>Dials for a caller; completes with the peer, or fails with a <see cref="FirnException"/>.</summary>
    public async Task<Peer> ConnectAsync(NodeAddress address, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isStopping, typeof(Node));
        long request = Interlocked.Increment(ref _lastRequest);
        var completion = new TaskCompletionSource<Peer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[request] = completion;
        Tell((rules, now) => rules.Request(request, address, now));
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

    /// <summary>Says something new of this node to every peer.</summary>
    public void Describe(PeerDescription description)
    {
        Description = description;
        var payload = PeerDescriptionCodec.Encode(description);
        foreach (var peer in _peers.Values)
        {
            peer.Session.Send(FrameType.Describe, payload);
            Events.Publish(new PeerChangedEvent(Clock.Wall, peer));
        }
    }

    public RoleOutcome Negotiate(Peer peer)
    {
        var theirs = peer.Description;
        return RoleNegotiation.Decide(
            RoleOffer.Of(Description.Capabilities, Description.RoleHint),
            RoleOffer.Of(theirs.Capabilities, theirs.RoleHint),
            mineIsSmaller: Setup.Self.CompareTo(peer.Key) < 0);
    }

    /// <summary>Enters a connection whose handshake runs, so that a decision can end it.</summary>
    public Connection Enter(long link, Action abort) => _connections[link] = new Connection(abort);

    public void Leave(long link) => _connections.TryRemove(link, out _);

    /// <summary>Makes the session of a handshake that is about to be decided.</summary>
    public Session CreateSession(SessionTerms terms, Transports.ILink link)
    {
        var session = new Session(terms, link, this, Clock, Schedule, Setup.Options.PingInterval, Setup.Options.PingDeadline);
        _connections.GetOrAdd(terms.Link, static (_, l) => new Connection(l.Abort), link).Session = session;
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        await Acceptor.DisposeAsync().ConfigureAwait(false);
        await _dialler.DisposeAsync().ConfigureAwait(false);

        var sessions = _connections.Values.Select(c => c.Session).OfType<Session>().ToArray();
        foreach (var session in sessions)
            session.Close(EndReason.Shutdown, "the node is stopping");
        await Task.WhenAny(Task.WhenAll(sessions.Select(s => s.Completion)), Task.Delay(GoodbyeTime, Clock.Time)).ConfigureAwait(false);

        foreach (var connection in _connections.Values)
            connection.Abort();
        foreach (var request in _requests.Values)
            request.TrySetException(new FirnException(FailureReason.ShuttingDown, "This node is stopping."));
        Schedule.Dispose();
        Events.Complete();
        Telemetry.Dispose();
    }

    void ISessionOwner.OnDescribed(Session session, PeerDescription description)
    {
        if (_peers.TryGetValue(session.Terms.Peer, out var peer) && peer.Session == session)
        {
            peer.Describe(description);
            Events.Publish(new PeerChangedEvent(Clock.Wall, peer));
        }
    }

    void ISessionOwner.OnRecords(Session session, IReadOnlyList<Protocol.Wire.SignedPeerRecord> records)
    {
        var teller = session.Link.RemoteEndPoint?.Address ?? IPAddress.Loopback;
        Tell((rules, now) => rules.OnRecords(session.Terms.Link, records, teller, Clock.Wall, now));
    }

    void ISessionOwner.OnRtt(Session session, TimeSpan rtt) => Telemetry.Rtt(rtt);

    void ISessionOwner.OnEnded(Session session, EndReason reason, string detail, bool isTold)
    {
        Telemetry.SessionEnded(reason);
        LogSessionEnded(session.Terms.Peer.Name, session.Terms.Id, reason, isTold ? "the peer says: " : "", detail);
        Tell((rules, now) => rules.OnSessionEnded(session.Terms.Link, reason, isTold, now));
    }

    private IReadOnlyList<NodeAction> TakeActions()
    {
        lock (_gate)
            return _rules.TakeActions();
    }

    private void CarryOut(NodeAction action)
    {
        switch (action)
        {
            case StartDial dial when !_isStopping:
                _dialler.Start(dial);
                break;
            case CloseLink close when _connections.TryGetValue(close.Link, out var connection):
                connection.Close(close.Reason, close.Detail);
                break;
            case SendRecords send when _connections.TryGetValue(send.Link, out var connection):
                Send(connection.Session, send.Records);
                break;
            case ForgetLink gone when _connections.TryRemove(gone.Link, out var connection):
                Retire(connection.Session);
                break;
            case RaisePeerUp up when SessionOf(up.Link) is { } session:
                var connected = _peers[up.Peer] = new Peer(this, session);
                LogPeerUp(connected.Name, connected.Did, session.Link.IsInitiator ? "dialled" : "accepted");
                Events.Publish(new PeerUpEvent(Clock.Wall, connected));
                break;
            case SwitchSession change when _peers.TryGetValue(change.Peer, out var peer) && SessionOf(change.Link) is { } session:
                peer.Switch(session);
                Events.Publish(new PeerChangedEvent(Clock.Wall, peer));
                break;
            case RaisePeerDown down when _peers.TryRemove(down.Peer, out var peer):
                peer.MarkDown();
                LogPeerDown(peer.Name, down.Reason);
                Events.Publish(new PeerDownEvent(Clock.Wall, peer, down.Reason));
                break;
            case CompleteDial complete when _requests.TryGetValue(complete.Request, out var request):
                if (_peers.TryGetValue(complete.Peer, out var reached))
                    request.TrySetResult(reached);
                else
                    request.TrySetException(new FirnException(FailureReason.ConnectionLost, $"The session with {complete.Peer.Name} ended as soon as it was made."));
                break;
            case FailDial fail when _requests.TryGetValue(fail.Request, out var request):
                request.TrySetException(new FirnException(fail.Reason, fail.Message));
                break;
            case ReportDialFailure failure:
                LogDialFailed(failure.Address, failure.Message);
                Events.Publish(new DialFailedEvent(Clock.Wall, failure.Address, failure.Reason, failure.Message, failure.WillRetry));
                break;
            case RaiseWarning warning:
                LogWarning(warning.Message);
                Events.Publish(new NodeWarningEvent(Clock.Wall, warning.Message));
                break;
        }
    }

    private Session? SessionOf(long link) => _connections.GetValueOrDefault(link)?.Session;

    /// <summary>As many frames as it takes: a frame holds what fits, a record is far smaller.</summary>
    private static void Send(Session? session, IReadOnlyList<Protocol.Wire.SignedPeerRecord> records)
    {
        var frame = new Protocol.Wire.PeerRecords();
        int size = 0;
        foreach (var record in records)
        {
            int added = record.CalculateSize() + 8;
            if (size + added > FrameHeader.DefaultMaxPayload)
            {
                session?.Send(FrameType.Records, frame.ToByteArray());
                frame.Records.Clear();
                size = 0;
            }

            frame.Records.Add(record);
            size += added;
        }

        session?.Send(FrameType.Records, frame.ToByteArray());
    }

    private void Retire(Session? session)
    {
        if (session is null)
            return;

        lock (_gate)
        {
            _ended = _ended with
            {
                BytesSent = _ended.BytesSent + session.Sent.Bytes,
                BytesReceived = _ended.BytesReceived + session.Received.Bytes,
                FramesSent = _ended.FramesSent + session.Sent.Frames,
                FramesReceived = _ended.FramesReceived + session.Received.Frames,
            };
        }
    }

    private TrafficTotals Traffic()
    {
        TrafficTotals totals;
        lock (_gate)
            totals = _ended;
        foreach (var session in _connections.Values.Select(c => c.Session).OfType<Session>())
        {
            totals = new TrafficTotals(
                totals.Sessions + 1,
                totals.BytesSent + session.Sent.Bytes,
                totals.BytesReceived + session.Received.Bytes,
                totals.FramesSent + session.Sent.Frames,
                totals.FramesReceived + session.Received.Frames,
                totals.QueuedBytes + session.QueuedBytes);
        }

        return totals;
    }

    /// <summary>Comes back to the rules when they have something due.</summary>
    private sealed class RulesTick(NodeCore core) : Scheduled
    {
        public override long OnDue(long now) => core.Decide((rules, at) =>
        {
            rules.Tick(at);
            return rules.NextDue;
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected with {Peer} ({Did}), {How}")]
    private partial void LogPeerUp(NodeName peer, Did did, string how);

    [LoggerMessage(Level = LogLevel.Information, Message = "Disconnected from {Peer}: {Reason}")]
    private partial void LogPeerDown(NodeName peer, EndReason reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Session {Id} with {Peer} ended: {Reason}; {Teller}{Detail}")]
    private partial void LogSessionEnded(NodeName peer, SessionId id, EndReason reason, string teller, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "Could not connect to {Address}: {Message}")]
    private partial void LogDialFailed(NodeAddress address, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Message}")]
    private partial void LogWarning(string message);
}

/// <summary>A link that the node knows of: first a handshake that can only be cut, then a session that is closed with a reason.</summary>
internal sealed class Connection(Action abort)
{
    private volatile Session? _session;

    public Session? Session { get => _session; set => _session = value; }

    public void Abort() => abort();

    public void Close(EndReason reason, string detail)
    {
        if (_session is { } session)
            session.Close(reason, detail);
        else
            abort();
    }
}
