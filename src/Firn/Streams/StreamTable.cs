using System.Buffers.Binary;
using Firn.Messaging;
using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Streams;

/// <summary>The streams of one session: opens them, accepts them, and hands each frame to its own.</summary>
#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle nobody asks for holds nothing to dispose of.
internal sealed class StreamTable
#pragma warning restore CA1001
{
    /// <summary>Streams that one end may have open at a time.</summary>
    public const int MaxOpen = 1024;

    /// <summary>Streams of the other end that are being served, over ones included: they may hold memory still.</summary>
    private const int MaxServed = 2 * MaxOpen;

    /// <summary>What the windows of a session's streams may take beyond their floors; with those of 2,048 streams, 64 MiB.</summary>
    private const long Budget = 32 * 1024 * 1024;

    private readonly Session _session;
    private readonly SessionWriter _writer;
    private readonly StreamHandlers _handlers;
    private readonly ReceiveCredit _credit;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, FirnStream> _streams = [];
    private readonly SemaphoreSlim _places = new(MaxOpen);
    private readonly List<StreamInput> _touched = [];
    private readonly uint _parity;
    private uint _lastOwn;
    private uint _lastTheirs;
    private int _theirs;
    private int _served;
    private long _stray;   // bytes that may still come on streams which this end has reset
    private Exception? _failure;

    public StreamTable(Session session, SessionWriter writer, StreamHandlers handlers)
    {
        (_session, _writer, _handlers) = (session, writer, handlers);
        Native = session.Link.Native is { } transport ? new NativeStreams(transport, this, session) : null;
        _credit = new ReceiveCredit(session, FrameType.StreamCredit, StreamInput.Floor, Budget);
        _parity = session.Link.IsInitiator ? 1u : 0u;
    }

    /// <summary>Those that the transport carries itself; null if it carries none: then they go as frames.</summary>
    public NativeStreams? Native { get; }

    /// <summary>Streams that are open, of both ends.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _streams.Count;
        }
    }

    /// <summary>What the windows of all streams have taken of their budget.</summary>
    public long Taken => Budget - _credit.Free;

    /// <summary>Whether the session goes through a relay.</summary>
    public bool IsRelayed => _session.Link.Relay is not null;

    /// <summary>Opens a stream; waits while <see cref="MaxOpen"/> are open.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotConnected"/>: the session is over.</exception>
    public async Task<FirnStream> OpenAsync(Peer peer, string protocol, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_session.IsEnded)
                throw _session.NotConnected();   // a place became free because the others were ended with it
            return Native is null ? Open(peer, protocol) : await Native.OpenAsync(peer, protocol, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    /// <summary>A frame of a stream; returns what is wrong with it.</summary>
    public string? OnFrame(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type == FrameType.StreamOpen)
            return OnOpen(header.Channel, payload);

        FirnStream? stream;
        bool isKnown;
        lock (_gate)
        {
            isKnown = _streams.TryGetValue(header.Channel, out stream)
                || header.Channel <= (header.Channel % 2 == _parity ? _lastOwn : _lastTheirs);
        }

        if (!isKnown)
            return $"a {header.Type} frame on stream {header.Channel}, which was never opened";
        return stream is null ? OnStray(header) : OnFrame(stream, header, payload);
    }

    /// <summary>Shows the readers what came since the last call; those that waited for it go on as <paramref name="waiters"/> do.</summary>
    public void Publish(Waiters waiters)
    {
        if (_touched.Count == 0)
            return;

        ReaderScheduler.Publishing = waiters;
        foreach (var input in _touched)
            input.Publish();
        ReaderScheduler.Publishing = null;
        _touched.Clear();
    }

    /// <summary>The session is over: so are its streams.</summary>
    public void Close(FirnException why)
    {
        FirnStream[] streams;
        lock (_gate)
        {
            _failure = why;
            streams = [.. _streams.Values];
            _streams.Clear();
        }

        foreach (var stream in streams)
            stream.Abort(new IOException(why.Message, why));
        _places.Release(MaxOpen);   // whoever waits for a place is told, too
        Native?.Stop();
    }

    /// <summary>Forgets a stream whose both halves are over. <paramref name="stray"/>: what may still come on it.</summary>
    public void Forget(FirnStream stream, long stray)
    {
        lock (_gate)
        {
            if (!_streams.Remove(stream.Id))
                return;
            _stray = Math.Min(_stray + stray, long.MaxValue / 2);
            if (stream.Id % 2 != _parity)
            {
                _theirs--;
                return;
            }
        }

        _places.Release();
    }

    /// <summary>A stream holds nothing any more.</summary>
    public void OnDisposed(FirnStream stream)
    {
        if (stream.Id % 2 != _parity)
            Interlocked.Decrement(ref _served);
    }

    /// <summary>The receiving half of a stream.</summary>
    public StreamInput NewInput(uint id, bool isUnheard = false) => new(_credit, id, isUnheard);

    /// <summary>Takes in a stream that this end has opened; false when the session is over.</summary>
    public bool TryEnterOwn(FirnStream stream)
    {
        lock (_gate)
        {
            if (_failure is not null)
                return false;
            (_lastOwn, _streams[stream.Id]) = (Math.Max(_lastOwn, stream.Id), stream);
            return true;
        }
    }

    /// <summary>Takes in a stream that the peer has opened; returns what is wrong with it. It is not to be served once the session is over.</summary>
    public string? Enter(FirnStream stream, out bool isServed)
    {
        isServed = false;
        lock (_gate)
        {
            if (_failure is not null)
                return null;
            if (_streams.ContainsKey(stream.Id))
                return $"stream {stream.Id} was opened twice";

            // One that we have ended may be over for the peer before it is forgotten here. The transport counts its own.
            if (_theirs >= MaxOpen && !stream.Sending.IsNative && _streams.Values.Count(s => s.Id % 2 != _parity && !s.IsOverHere) >= MaxOpen)
                return $"more than {MaxOpen} streams were opened";
            _lastTheirs = Math.Max(_lastTheirs, stream.Id);
            _theirs++;
            _streams[stream.Id] = stream;
            isServed = true;
            return null;
        }
    }

    /// <summary>Hands a stream of the peer's to whoever serves its protocol.</summary>
    public void Serve(FirnStream stream)
    {
        if (_handlers.Find(stream.Protocol) is not { } handler)
        {
            stream.Refuse(StreamResetCode.UnknownProtocol);
        }
        else if (Interlocked.Increment(ref _served) > MaxServed)
        {
            Interlocked.Decrement(ref _served);
            stream.Refuse(StreamResetCode.Busy);
        }
        else
        {
            // Before its handler runs, which grants more as it reads: totals only rise.
            stream.Received.Widen();
            _credit.Tell(stream.Received);
            _handlers.Start(stream, handler);
        }
    }

    private FirnStream Open(Peer peer, string protocol)
    {
        FirnStream stream;
        bool writes;
        lock (_writer.Gate)
        {
            // The number is given under the lock under which streams are lined up, so that openings leave in rising order.
            uint id = _lastOwn == 0 ? 2 - _parity : _lastOwn + 2;
            var input = new StreamInput(_credit, id);
            var output = new StreamOutput(
                _writer, id, StreamInput.Floor, _session.MaxSentPayload, new StreamOpeningNotice(input.Widen(), protocol));
            stream = new FirnStream(this, peer, protocol, id, input, output);
            lock (_gate)
            {
                if (_failure is not null)
                    throw _failure;
                (_lastOwn, _streams[id]) = (id, stream);
            }

            writes = output.Open();
        }

        if (writes)
            _writer.WriteClaimed();
        return stream;
    }

    private string? OnOpen(uint id, ReadOnlySpan<byte> payload)
    {
        if (!StreamOpening.TryRead(payload, out uint window, out string protocol))
            return "a stream was opened without the name of a protocol";
        if (id % 2 == _parity || id <= _lastTheirs)
            return $"stream {id} was opened, which is not the next of the peer's";
        if (_session.Peer is not { } peer)
            return "a stream was opened before the session stood";

        var input = new StreamInput(_credit, id);
        var output = new StreamOutput(_writer, id, window, _session.MaxSentPayload, opening: null);
        var stream = new FirnStream(this, peer, protocol, id, input, output);
        string? fault = Enter(stream, out bool isServed);
        if (isServed)
            Serve(stream);
        return fault;
    }

    private string? OnFrame(FirnStream stream, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case FrameType.StreamData or FrameType.StreamReset when stream.Sending.IsNative:
                return $"a {header.Type} frame on stream {stream.Id}, which the transport carries";
            case FrameType.StreamData:
                bool isEnd = (header.Flags & FrameFlags.End) != 0;
                if (payload.IsEmpty && !isEnd)
                    return $"an empty frame on stream {stream.Id}";
                switch (stream.Received.Receive(payload, isEnd))
                {
                    case Receipt.Stray:
                        return OnStray(header);
                    case Receipt.Refused:
                        return $"more than was granted on stream {stream.Id}, or something after its end";
                }

                if (isEnd)
                    stream.Settle();
                else
                    _touched.Add(stream.Received);
                return null;
            case FrameType.StreamCredit:
                return stream.Sending.TryGrant(BinaryPrimitives.ReadUInt64BigEndian(payload)) ? null : $"a grant on stream {stream.Id} that takes back an earlier one";
            default:
                stream.OnReset(BinaryPrimitives.ReadUInt32BigEndian(payload));
                return null;
        }
    }

    /// <summary>What was under way when this end reset the stream; more than it was granted it cannot be.</summary>
    private string? OnStray(FrameHeader header)
    {
        if (header.Type != FrameType.StreamData)
            return null;

        lock (_gate)
        {
            _stray -= header.PayloadLength;
            return _stray >= 0 ? null : $"data on stream {header.Channel}, which is over";
        }
    }
}
