using System.Buffers.Binary;
using System.Net;
using Firn.Messaging;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Runtime;
using Firn.Streams;
using Firn.Transports;
using Google.Protobuf;

namespace Firn.Sessions;

/// <summary>What two ends agreed on in their handshake, and how long the other one took to answer in it, its computing included.</summary>
internal sealed record SessionTerms(
    long Link, SessionId Id, PeerKey Peer, Incarnation Incarnation, PeerDescription Description, DateTimeOffset ExpiresAt, TimeSpan FirstRtt);

/// <summary>What a session reports, from its own read loop or the schedule; none of it may wait.</summary>
internal interface ISessionOwner
{
    /// <summary>The peer's <see cref="Session.Description"/> is another one.</summary>
    void OnDescribed(Session session);

    void OnRecords(Session session, IEnumerable<SignedPeerRecord> records);

    void OnRtt(Session session, TimeSpan rtt);

    /// <summary>The session is over. <paramref name="isTold"/>: the peer said why.</summary>
    void OnEnded(Session session, EndReason reason, string detail, bool isTold);
}

/// <summary>One authenticated connection with a peer: reads, writes, pings, and ends with a reason.</summary>
internal sealed class Session : Scheduled, IFrameSink
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
        RemoteAddress = link.RemoteEndPoint is { } remote
            ? NodeAddress.Create(link.Transport, HostOf(remote.Address), remote.Port)
            : NodeAddress.Create(link.Transport, terms.Peer.Name.Host, 0);
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

    public (long Bytes, long Frames) Sent => (_writer.WrittenBytes, _writer.Frames);

    public (long Bytes, long Frames) Received => (Volatile.Read(ref _receivedBytes), Volatile.Read(ref _receivedFrames));

    /// <summary>
    /// Goes live: begins to read and to ping. <paramref name="prefix"/> is the end of the handshake.
    /// </summary>
    public void Start(ReadOnlyMemory<byte> prefix)
    {
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
    public void Send(FrameType type, ReadOnlySpan<byte> payload) =>
        SendFirst(FrameHeader.Control(type, payload.Length), payload, Flush.Now);

    /// <summary>Queues a frame that goes before messages and streams, like <see cref="Send"/>.</summary>
    public void SendFirst(FrameHeader header, ReadOnlySpan<byte> payload, Flush flush)
    {
        if (!_writer.TryWriteFirst(header, payload, flush) && !IsEnded)
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

    /// <summary>One ping and its pong.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: the session ended; <see cref="FailureReason.Busy"/>: too many pings are under way.</exception>
    public async Task<TimeSpan> PingAsync(CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_pings.Add(waiter) is not { } nonce)
            throw new FirnException(FailureReason.Busy, $"{PingTable.MaxPending} pings to {Terms.Peer.Name} are under way; wait for their answers.");

        if (IsEnded)
            _pings.Fail(NotConnected());
        SendNonce(FrameType.Ping, nonce);
        try
        {
            return cancellationToken.CanBeCanceled
                ? await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false)
                : await waiter.Task.ConfigureAwait(false);
        }
        finally
        {
            _pings.Remove(nonce);
        }
    }

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

    Task IFrameSink.Activation => _activation.Task;

    void IFrameSink.OnReceived(int bytes)
    {
        _receivedBytes += bytes;
        _liveness.OnReceived(_clock.Now);
    }

    bool IFrameSink.OnFrame(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        _receivedFrames++;
        _isTold |= header.Type == FrameType.Close;
        if (IsEnded)
            return !_isTold;   // lingering: what still comes is not ours to act on, and after their goodbye nothing does

        try
        {
            return header.Type switch
            {
                FrameType.Ping => OnPing(payload),
                FrameType.Pong => OnPong(payload),
                FrameType.Describe => OnDescribe(payload),
                FrameType.Records => OnRecords(payload),
                FrameType.Close => OnClose(payload),
                _ when Volatile.Read(ref _delivery) == Deactivated => true,
                < FrameType.ChannelOpen => Judge(Streams.OnFrame(header, payload)),
                _ => Judge(Messages.OnFrame(header, payload)),
            };
        }
        catch (InvalidProtocolBufferException e)
        {
            return End(EndReason.ProtocolError, $"a malformed {header.Type} frame: {e.Message}", isTold: false);
        }
    }

    void IFrameSink.OnResume() => Interlocked.CompareExchange(ref _delivery, Delivering, Idle);

    IWaiter? IFrameSink.TakeWaiter() => _waiters.TakeLast();

    void IFrameSink.OnPause()
    {
        Streams.Publish(_waiters);
        Messages.Publish(_waiters);
        if (Interlocked.CompareExchange(ref _delivery, Idle, Delivering) == Deactivated)
            CloseAll();
    }

    private void CloseAll()
    {
        var why = NotConnected();
        Streams.Close(why);
        Messages.Close(why);
    }

    private bool Judge(string? fault) => fault is null || End(EndReason.ProtocolError, fault, isTold: false);

    private bool OnPing(ReadOnlySpan<byte> nonce)
    {
        Send(FrameType.Pong, nonce);
        return true;
    }

    private bool OnPong(ReadOnlySpan<byte> nonce)
    {
        if (!_pings.TryTake(BinaryPrimitives.ReadUInt64BigEndian(nonce), out var rtt, out var waiter))
            return true;   // whoever asked has given up

        Sample(rtt);
        _liveness.OnRttSample(_clock.Now);
        waiter?.TrySetResult(rtt);
        _owner.OnRtt(this, rtt);
        return true;
    }

    private void Sample(TimeSpan rtt)
    {
        if (rtt > MaxSample)
            return;
        if (_samples <= Provisional)
            _rtt = default;
        _rtt.Add(rtt);
        if (++_samples == Provisional)
            SendPing();
        Volatile.Write(ref _smoothedTicks, _rtt.Smoothed!.Value.Ticks);
        Volatile.Write(ref _leastTicks, _rtt.Min!.Value.Ticks);
    }

    private bool OnDescribe(ReadOnlySpan<byte> payload)
    {
        if (!_describes.TryTake(_clock.Now))
            return End(EndReason.ProtocolError, "the peer describes itself more than once a second", isTold: false);
        if (!PeerDescriptionCodec.TryDecode(payload, out var description, out string? error))
            return End(EndReason.ProtocolError, error, isTold: false);

        _description = description;
        _owner.OnDescribed(this);
        return true;
    }

    private bool OnRecords(ReadOnlySpan<byte> payload)
    {
        if (!_tellings.TryTake(_clock.Now))
            return End(EndReason.ProtocolError, "the peer tells of other nodes without end", isTold: false);

        _owner.OnRecords(this, PeerRecords.Parser.ParseFrom(payload).Records);
        return true;
    }

    private bool OnClose(ReadOnlySpan<byte> payload)
    {
        var close = Protocol.Wire.Close.Parser.ParseFrom(payload);
        return End(CloseReasons.FromWire(close.Reason), CloseReasons.Printable(close.Detail), isTold: true);
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

    private FirnException NotConnected() =>
        new(FailureReason.NotConnected, $"The session with {Terms.Peer.Name} has ended.");

    private void SendPing()
    {
        if (_pings.Add(null) is { } nonce)
            SendNonce(FrameType.Ping, nonce);
    }

    private void SendNonce(FrameType type, ulong nonce)
    {
        Span<byte> payload = stackalloc byte[FrameHeader.PingPayload];
        BinaryPrimitives.WriteUInt64BigEndian(payload, nonce);
        Send(type, payload);
    }
}
