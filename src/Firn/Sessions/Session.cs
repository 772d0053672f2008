using System.Net;
using Firn.Messaging;
using Firn.Protocol;
using Firn.Runtime;
using Firn.Streams;
using Firn.Transports;
using Google.Protobuf;

namespace Firn.Sessions;

/// <summary>One authenticated connection with a peer: reads, writes, pings, and ends with a reason.</summary>
internal sealed partial class Session : Scheduled, IFrameSink
{
    /// <summary>How long a closed session waits for the other end to hang up too: 2 seconds.</summary>
    private const long LingerMilliseconds = 2_000;

    /// <summary>An answer that took longer waited for this process, which was stopped; it says nothing of the link.</summary>
    private static readonly TimeSpan MaxSample = TimeSpan.FromDays(1);

    private const int Idle = 0, Delivering = 1, Deactivated = 2;

    /// <summary>Samples that give way to the next one: the handshake's holds the peer's computing, the first pong's code that runs for the first time.</summary>
    private const int Provisional = 2;

    private readonly ILink _link;
    private readonly ISessionOwner _owner;
    private readonly NodeClock _clock;
    private readonly Schedule _schedule;
    private readonly SessionWriter _writer;
    private readonly SessionReader _reader;
    private readonly PingTable _pings;
    private readonly TaskCompletionSource _activation = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryWatch _memory;
    private readonly Waiters _waiters = new();   // the reader's
    private Liveness _liveness;
    private RttEstimator _rtt;
    private TokenBucket _describes;
    private TokenBucket _tellings;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _smoothedTicks;
    private long _leastTicks;
    private long _lingerUntil;   // 0 while the session is up
    private volatile PeerDescription _description;
    private int _delivery;   // Idle, Delivering or Deactivated
    private bool _isTold;   // the peer has said goodbye, and sends no more; the read loop's
    private int _samples;
    private long _receivedBytes;
    private long _receivedFrames;

    public Session(
        SessionTerms terms, ILink link, ISessionOwner owner, SessionServices services, TimeSpan pingInterval, TimeSpan pingDeadline)
    {
        var (clock, schedule) = (services.Clock, services.Schedule);
        (Terms, _link, _owner, _clock, _schedule) = (terms, link, owner, clock, schedule);
        _description = terms.Description;
        ConnectedAt = clock.Wall;
        RemoteAddress = link.Dialled ?? (link.RemoteEndPoint is { } remote
            ? NodeAddress.Create(link.Transport, HostOf(remote.Address), remote.Port)
            : NodeAddress.Create(link.Transport, terms.Peer.Name.Host, 0));
        // The end that was dialled asks early: a node with many sessions was dialled by most, and so chooses when it is busy.
        _liveness = new Liveness(
            (long)pingInterval.TotalMilliseconds, (long)pingDeadline.TotalMilliseconds, clock.Now, asksEarly: !link.IsInitiator);
        Sample(terms.FirstRtt);
        _describes = new TokenBucket(burst: 32, perSecond: 1, clock.Now);
        _tellings = new TokenBucket(burst: 512, perSecond: 16, clock.Now);
        _pings = new PingTable(clock.Time);
        _writer = new SessionWriter(link.Stream, OnWriteFailed);
        _reader = new SessionReader(link.Stream, FrameHeader.DefaultMaxPayload, clock.Time, this);
        _memory = services.Memory;
        MaxSentPayload = services.MaxSentPayload;
        Streams = new StreamTable(this, _writer, services.StreamHandlers);
        Messages = new MessageLink(this, _writer, services.Hub, _waiters);
    }

    public SessionTerms Terms { get; }

    public ILink Link => _link;

    /// <summary>The association that the session carries, once it does.</summary>
    public Peer? Peer { get; private set; }

    public StreamTable Streams { get; }

    public MessageLink Messages { get; }

    /// <summary>Whether the process is short of memory, so that windows shrink.</summary>
    public bool IsMemoryShort => _memory.IsShort;

    /// <summary>The largest payload of a frame of a stream or message that is sent.</summary>
    public int MaxSentPayload { get; }

    /// <summary>Monotonic time, for what is measured in round trips.</summary>
    public TimeSpan Now => _clock.Time.GetElapsedTime(0);

    /// <summary>Where the other end is; a transport without endpoints has none to tell.</summary>
    public NodeAddress RemoteAddress { get; }

    public DateTimeOffset ConnectedAt { get; }

    /// <summary>What the peer says of itself at this moment.</summary>
    public PeerDescription Description => _description;

    /// <summary>What the peer was told of this node last; its owner's.</summary>
    public required PeerDescription Told { get; set; }

    /// <summary>The shortest round-trip time: that of the path, without what waited on it.</summary>
    public TimeSpan LeastRtt => TimeSpan.FromTicks(Volatile.Read(ref _leastTicks));

    /// <summary>Smoothed round-trip time; until the first pong, that of the handshake.</summary>
    public TimeSpan Rtt => TimeSpan.FromTicks(Volatile.Read(ref _smoothedTicks));

    /// <summary>Completes when the connection is closed and nothing of the session runs any more.</summary>
    public Task Completion => _completion.Task;

    public bool IsEnded => Volatile.Read(ref _lingerUntil) != 0;

    public int QueuedBytes => _writer.QueuedBytes;

    public (long Bytes, long Frames) Sent => (_writer.WrittenBytes + (Streams.Native?.Bytes.Sent ?? 0), _writer.Frames);

    public (long Bytes, long Frames) Received =>
        (Volatile.Read(ref _receivedBytes) + (Streams.Native?.Bytes.Received ?? 0), Volatile.Read(ref _receivedFrames));

    /// <summary>The clock of whatever has a deadline.</summary>
    public TimeProvider Time => _clock.Time;

    /// <summary>Whether what comes on the session is still handed over.</summary>
    public bool HandsOver => Volatile.Read(ref _delivery) != Deactivated;

    /// <summary>
    /// Goes live: begins to read and to ping. <paramref name="prefix"/> is the end of the handshake.
    /// </summary>
    public void Start(ReadOnlyMemory<byte> prefix)
    {
        Streams.Native?.Start(_activation.Task);
        _writer.Start(prefix);
        _ = RunAsync();
        _schedule.Set(this, OnDue(_clock.Now));
    }

    /// <summary>The session carries <paramref name="peer"/> from now on: what it brings beside handshake and life is handed over.</summary>
    public void Activate(Peer peer)
    {
        Peer = peer;
        _activation.TrySetResult();
    }

    /// <summary>The session no longer carries its peer: nothing that comes on it is handed over any more.</summary>
    public void Deactivate()
    {
        // Who hands over at this moment does the rest when it is done: nobody waits for it here, since it may wait for us.
        if (Interlocked.Exchange(ref _delivery, Deactivated) == Idle)
            CloseAll();
    }

    /// <summary>Queues a control frame. A full queue ends the session: its peer makes us talk and does not listen.</summary>
    public void Send(FrameType type, ReadOnlySpan<byte> payload)
    {
        if (!_writer.TryWriteFirst(FrameHeader.Control(type, payload.Length), payload) && !IsEnded)
            EndOfPatience();
    }

    /// <summary>Queues a grant, like <see cref="Send"/>.</summary>
    public void SendGrant(FrameHeader header, IGranting granting)
    {
        if (!_writer.TryWriteGrant(header, granting) && !IsEnded)
            EndOfPatience();
    }

    /// <summary>Queues an answer that goes after the messages that were sent before, like <see cref="Send"/>.</summary>
    public void SendInOrder(FrameHeader header, ReadOnlySpan<byte> payload) => Finish(QueueInOrder(header, payload, isAnswer: true));

    /// <summary>As <see cref="SendInOrder"/>, under a lock of the caller's, who calls <see cref="Finish"/> with the result when he has left it.</summary>
    public Queued QueueInOrder(FrameHeader header, ReadOnlySpan<byte> payload, bool isAnswer) =>
        _writer.QueueInOrder(header, payload, isAnswer);

    /// <summary>Sees to what was queued.</summary>
    public void Finish(Queued queued)
    {
        if (queued == Queued.ToWrite)
            _writer.WriteClaimed();
        else if (queued == Queued.Refused && !IsEnded)
            EndOfPatience();
    }

    /// <summary>Bytes came beside the main stream: the peer lives.</summary>
    public void OnLife() => _liveness.OnReceived(_clock.Now);

    /// <summary>Ends the session for <paramref name="reason"/> and tells the peer.</summary>
    public void Close(EndReason reason, string detail) => End(reason, detail, isTold: false);

    public override long OnDue(long now)
    {
        if (Volatile.Read(ref _lingerUntil) is not 0 and var lingerUntil)
        {
            if (now < lingerUntil)
                return lingerUntil;
            _link.Abort();
            return long.MaxValue;
        }

        var left = Terms.ExpiresAt - _clock.Wall;
        if (left <= TimeSpan.Zero)
        {
            End(EndReason.CredentialExpired, "a certificate that the session was made with has expired", isTold: false);
            return _lingerUntil;
        }

        switch (_liveness.Check(now))
        {
            case LivenessAction.SendPing:
                SendPing();
                break;
            case LivenessAction.Dead:
                End(EndReason.Timeout, "nothing was received within the ping interval and deadline", isTold: false);
                return _lingerUntil;
        }

        return Math.Min(_liveness.NextCheck, now + (long)left.TotalMilliseconds + 1);
    }

    private void CloseAll()
    {
        var why = NotConnected();
        Streams.Close(why);
        Messages.Close(why);
    }

    private async Task RunAsync()
    {
        var end = new ReadEnd(EndReason.ProtocolError, "a frame met a fault of this node");
        try
        {
            end = await _reader.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _waiters.TakeLast()?.Resume(here: false);
            End(end.Reason, end.Detail, isTold: false);

            // Bytes of the peer that nobody reads would turn our goodbye into a reset: drain until it hangs up or the linger is over.
            if (!_isTold)
                await _reader.DrainAsync().ConfigureAwait(false);
            await _link.DisposeAsync().ConfigureAwait(false);
            if (Streams.Native is { } native)
                await native.WhenEndedAsync().ConfigureAwait(false);
            _completion.TrySetResult();
        }
    }

    private void OnWriteFailed(Exception e) =>
        End(EndReason.TransportError, $"the connection broke: {(e.InnerException ?? e).Message}", isTold: false);

    private bool End(EndReason reason, string detail, bool isTold)
    {
        long lingerUntil = _clock.Now + LingerMilliseconds;
        if (Interlocked.CompareExchange(ref _lingerUntil, lingerUntil, 0) != 0)
            return false;

        bool saysWhy = !isTold && reason != EndReason.TransportError;
        var close = saysWhy ? new Protocol.Wire.Close { Reason = CloseReasons.ToWire(reason), Detail = detail }.ToByteArray() : [];
        _writer.Complete(saysWhy ? FrameHeader.Control(FrameType.Close, close.Length) : null, close);
        Deactivate();
        _activation.TrySetResult();
        _owner.OnEnded(this, reason, detail, isTold);
        _pings.Fail(NotConnected());
        _schedule.Set(this, lingerUntil);
        return false;
    }

    /// <summary>An address as a host: IPv4 as such, IPv6 in brackets and without its local scope.</summary>
    private static string HostOf(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString()
        : address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{new IPAddress(address.GetAddressBytes())}]"
        : address.ToString();

    private void EndOfPatience() => End(EndReason.ProtocolError, "the peer does not read what it asks for", isTold: false);

    /// <summary>What an operation fails with when the session is over.</summary>
    public FirnException NotConnected() => new(FailureReason.NotConnected, $"The session with {Terms.Peer.Name} has ended.");
}
