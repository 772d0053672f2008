using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Serialization;
using Firn.Sessions;
using Google.Protobuf;

namespace Firn.Messaging;

/// <summary>
/// Messages, calls and signals over one session. What is sent is in this file, what comes in the other. It is over with its session, or
/// when another session takes that one's place: then every call and every send that waits fails.
/// </summary>
#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle nobody asks for holds nothing to dispose of.
internal sealed partial class MessageLink
#pragma warning restore CA1001
{
    /// <summary>Channels that one end may have open at a time, those that are released but not consumed included.</summary>
    public const int MaxChannels = 1024;

    /// <summary>So many are open before one that is idle is released for the next.</summary>
    private const int MaxKept = 768;

    private readonly Session _session;
    private readonly SessionWriter _writer;
    private readonly MessageHub _hub;
    private readonly CallBook _calls;
    private readonly SemaphoreSlim _places = new(MaxChannels);
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ulong, OutChannel> _toProcesses = [];
    private readonly ConcurrentDictionary<string, OutChannel> _toNames = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, OutChannel> _outgoing = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile OutChannel? _latestOut;
    private uint _lastOut;
    private long _uses;
    private FirnException? _failure;

    public MessageLink(Session session, SessionWriter writer, MessageHub hub)
    {
        (_session, _writer, _hub) = (session, writer, hub);
        _calls = hub.NewCallBook();
        Life = new NodeLife(session.Terms.Peer, session.Terms.Incarnation);
        _credit = new MessageCredit(session);
    }

    /// <summary>The number under which relations with the peer's processes are kept.</summary>
    public long Number => _session.Terms.Link;

    public MessageHub Hub => _hub;

    public PeerKey PeerKey => _session.Terms.Peer;

    /// <summary>Whether nothing comes or goes any more.</summary>
    public bool IsClosed => Volatile.Read(ref _failure) is not null;

    /// <summary>Completes when nothing of it is handed to anybody any more.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Messages that were taken on, replies not included; under the writer's gate.</summary>
    public long SentMessages { get; set; }

    /// <summary>Messages that have begun to come; the reader's.</summary>
    public long ReceivedMessages { get; set; }

    /// <summary>Calls that were answered; the reader's.</summary>
    public long Answered { get; private set; }

    /// <summary>The life of the node at the other end.</summary>
    public NodeLife Life { get; }

    /// <summary>Sends a message that nobody replies to.</summary>
    public ValueTask SendAsync<T>(TargetKey target, T message, MessageSerializer serializer, in TraceContext trace, CancellationToken cancellationToken) =>
        SendAsync(target, new MessageHeader(0, 0, trace), message, serializer, Flush.Adaptive, cancellationToken);

    /// <summary>Sends a message and waits for its reply.</summary>
    public ValueTask<TReply> CallAsync<T, TReply>(
        TargetKey target, T message, PendingCall<TReply> call, TimeSpan timeout, MessageSerializer serializer, in TraceContext trace, CancellationToken cancellationToken)
    {
        _calls.Add(call, timeout, cancellationToken);
        ulong number = call.Call;
        var reply = call.Task;
        ValueTask sent;
        try
        {
            // One caller alone waits for the reply, and nothing is gained by waiting for more to send.
            var flush = _calls.IsBusy ? Flush.Soon : Flush.Now;
            sent = SendAsync(target, new MessageHeader(0, number, trace), message, serializer, flush, call.Failed);
        }
        catch (Exception e) when (_calls.TryTake(number) is { } pending)
        {
            pending.Fail(e);
            return reply;
        }

        return sent.IsCompletedSuccessfully ? reply : _calls.AwaitAsync(sent, number, reply);
    }

    /// <summary>Answers a call of the peer, which is refused when the reply cannot be sent.</summary>
    public ValueTask ReplyAsync<TReply>(ulong call, TReply reply, MessageSerializer serializer, bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            if (RawBytes.TryGetMemory(reply, out var raw))
                return ReplyBytesAsync(call, raw, null, isLast, cancellationToken);

            using var body = new BodyWriter();
            Payloads.Write(reply, serializer, body);
            var bytes = body.Detach(out byte[]? rented);
            return ReplyBytesAsync(call, bytes, rented, isLast, cancellationToken);
        }
        catch (FirnException e)
        {
            Refuse(call, ReplyStatus.Failed, $"The reply could not be sent: {e.Message}");
            throw;
        }
    }

    /// <summary>Refuses a call of the peer.</summary>
    public void Refuse(ulong call, ReplyStatus status, string sentence)
    {
        const int MaxSentence = 1024;
        Span<byte> payload = stackalloc byte[ReplyHeader.Size + (3 * MaxSentence)];
        new ReplyHeader(call, status).Write(payload);
        int length = Encoding.UTF8.GetBytes(sentence.AsSpan(0, Math.Min(sentence.Length, MaxSentence)), payload[ReplyHeader.Size..]);
        payload = payload[..(ReplyHeader.Size + length)];
        _session.SendInOrder(FrameHeader.Control(FrameType.Reply, payload.Length), payload);
    }

    /// <summary>Queues the answer to a spawn; see <see cref="Session.QueueInOrder"/>.</summary>
    public Queued QueueSpawned(ulong call, ulong process)
    {
        Span<byte> payload = stackalloc byte[ReplyHeader.Size + sizeof(ulong)];
        new ReplyHeader(call, ReplyStatus.Ok).Write(payload);
        BinaryPrimitives.WriteUInt64BigEndian(payload[ReplyHeader.Size..], process);
        return _session.QueueInOrder(FrameHeader.Control(FrameType.Reply, payload.Length), payload);
    }

    /// <summary>Queues a signal, in order with messages; see <see cref="Session.QueueInOrder"/>.</summary>
    public Queued QueueSignal(FrameType type, IMessage signal)
    {
        var payload = signal.ToByteArray();
        return _session.QueueInOrder(FrameHeader.Control(type, payload.Length), payload);
    }

    /// <summary>Sees to what was queued, when no lock is held.</summary>
    public void Finish(Queued queued) => _session.Finish(queued);

    /// <summary>What an operation fails with when the session is over.</summary>
    public FirnException NotConnected() => new(FailureReason.NotConnected, $"The session with {PeerKey.Name} has ended.");

    /// <summary>The session is over, or has given its place to another: nothing more comes or goes.</summary>
    public void Close(FirnException why)
    {
        OutChannel[] outgoing;
        lock (_gate)
        {
            if (_failure is not null)
                return;
            _failure = why;
            outgoing = [.. _outgoing.Values];
        }

        foreach (var channel in outgoing)
            channel.Fail(why);
        CloseIncoming();
        _calls.Close(why);
        _hub.OnLinkClosed(this);
        _places.Release(MaxChannels);   // whoever waits for a place is told, too
        _closed.TrySetResult();
    }

    private ValueTask SendAsync<T>(
        TargetKey target, in MessageHeader header, T message, MessageSerializer serializer, Flush flush, CancellationToken cancellationToken)
    {
        if (RawBytes.TryGetMemory(message, out var raw))
            return SendBytesAsync(target, header, raw, null, flush, cancellationToken);

        using var body = new BodyWriter();
        Payloads.Write(message, serializer, body);
        var bytes = body.Detach(out byte[]? rented);
        return SendBytesAsync(target, header, bytes, rented, flush, cancellationToken);
    }

    private ValueTask SendBytesAsync(
        TargetKey target, in MessageHeader header, ReadOnlyMemory<byte> body, byte[]? rented, Flush flush, CancellationToken cancellationToken)
    {
        if (body.Length > MessageHeader.MaxBody)
        {
            throw new FirnException(
                FailureReason.InvalidInput, $"A message of {body.Length} bytes: at most {MessageHeader.MaxBody} may be sent; use a stream for more.");
        }

        // Most often it is the one that was sent to last.
        var channel = _latestOut;
        if (channel is null || target.Process == 0 || channel.Target.Process != target.Process)
            _latestOut = channel = Find(target);
        if (channel is null || !channel.TrySend(header, body, rented, flush, cancellationToken, out var sent))
            return OpenAndSendAsync(target, header, body, rented, flush, cancellationToken);

        channel.LastUse = ++_uses;
        if (channel.Failure is not null)
            Forget(channel);
        return sent;
    }

    private async ValueTask OpenAndSendAsync(
        TargetKey target, MessageHeader header, ReadOnlyMemory<byte> body, byte[]? rented, Flush flush, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReleaseIdle();
            if (!_places.Wait(0, CancellationToken.None))
                await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            var channel = FindOrOpen(target);
            if (!channel.TrySend(header, body, rented, flush, cancellationToken, out var sent))
                continue;

            channel.LastUse = ++_uses;
            try
            {
                await sent.ConfigureAwait(false);
            }
            finally
            {
                if (target.Once is not null)
                    channel.TryRelease();
            }

            return;
        }
    }

    private ValueTask ReplyBytesAsync(ulong call, ReadOnlyMemory<byte> body, byte[]? rented, bool isLast, CancellationToken cancellationToken)
    {
        int length = ReplyHeader.Size + body.Length;
        bool isSent = false, writes = false;
        if (length <= FrameHeader.DefaultMaxPayload)
        {
            lock (_writer.Gate)
            {
                // Over the room for messages, since no reply is to wait for them; but not for ever.
                isSent = _writer.IsCompleted || _writer.QueuedBytes < SessionWriter.MaxMessages + SessionWriter.MaxQueued;
                if (isSent && !_writer.IsCompleted)
                {
                    var frame = _writer.AddMessage(FrameHeader.Size + length);
                    FrameHeader.Control(FrameType.Reply, length).Write(frame);
                    new ReplyHeader(call, ReplyStatus.Ok).Write(frame[FrameHeader.Size..]);
                    body.Span.CopyTo(frame[(FrameHeader.Size + ReplyHeader.Size)..]);
                    writes = _writer.Claim(isLast ? Flush.Now : Flush.Soon);
                }
            }
        }

        if (!isSent)
            return ReplyLargeAsync(call, body, rented, cancellationToken);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        if (writes)
            _writer.WriteClaimed();
        return ValueTask.CompletedTask;
    }

    private async ValueTask ReplyLargeAsync(ulong call, ReadOnlyMemory<byte> body, byte[]? rented, CancellationToken cancellationToken)
    {
        var target = TargetKey.OnceOnly(new ChannelTarget { Call = call });
        try
        {
            await SendBytesAsync(target, default, body, rented, Flush.Now, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Nothing of it has been taken for the reply: the caller is told that there is none.
            Refuse(call, ReplyStatus.Failed, $"The reply could not be sent: {e.Message}");
            throw;
        }
    }

    private OutChannel? Find(TargetKey target) =>
        target.Once is not null ? null
        : target.Name is not null ? _toNames.GetValueOrDefault(target.Name)
        : _toProcesses.GetValueOrDefault(target.Process);

    /// <summary>The channel to the target; the caller's place is given back if there is one already.</summary>
    private OutChannel FindOrOpen(TargetKey target)
    {
        OutChannel channel;
        bool writes;
        lock (_writer.Gate)
        {
            // The number is given under the lock under which frames are lined up, so that openings leave in rising order.
            lock (_gate)
            {
                if (_failure is not null)
                    throw _failure;
                if (Find(target) is { } other)
                {
                    _places.Release();
                    return other;
                }

                channel = new OutChannel(this, _writer, ++_lastOut, target);
                _outgoing[channel.Id] = channel;
                if (target.Name is not null)
                    _toNames[target.Name] = channel;
                else if (target.Once is null)
                    _toProcesses[target.Process] = channel;
            }

            channel.Open();
            writes = _writer.Claim(Flush.Soon);
        }

        if (writes)
            _writer.WriteClaimed();
        return channel;
    }

    /// <summary>When many are open, the one that was not used for longest makes room.</summary>
    private void ReleaseIdle()
    {
        OutChannel[] candidates;
        lock (_gate)
        {
            if (_toProcesses.Count + _toNames.Count < MaxKept)
                return;
            candidates = [.. _outgoing.Values.Where(c => c.Target.Once is null).OrderBy(c => c.LastUse).Take(8)];
        }

        foreach (var channel in candidates)
        {
            if (channel.TryRelease())
            {
                Unlist(channel);
                return;
            }
        }
    }

    /// <summary>Its target is gone and one sender was told: whoever sends next opens another, and learns what is there then.</summary>
    private void Forget(OutChannel channel)
    {
        Unlist(channel);
        lock (_gate)
            _outgoing.Remove(channel.Id);
    }

    private void Unlist(OutChannel channel)
    {
        if (channel.Target.Name is { } name)
            _toNames.TryRemove(new KeyValuePair<string, OutChannel>(name, channel));
        else
            _toProcesses.TryRemove(new KeyValuePair<ulong, OutChannel>(channel.Target.Process, channel));
    }

    /// <summary>The peer says that a target is gone, or that what was sent on a released channel is consumed.</summary>
    private string? OnChannelClosed(uint id, Firn.Protocol.Wire.ExitReason wire)
    {
        OutChannel? channel;
        lock (_gate)
        {
            if (!_outgoing.Remove(id, out channel))
                return id > _lastOut ? $"channel {id} was closed, which was never opened" : null;
        }

        var reason = Firn.ExitReason.FromWire(wire);
        channel.Fail(MessageHub.NoProcess($"{channel.Target} at {PeerKey.Name} is gone: {reason}."));
        if (channel.Target.Once is not null)
            Unlist(channel);
        _places.Release();
        KeepFailed(channel);
        return null;
    }

    /// <summary>The next sender to a target that is gone is told; of the targets that nobody sends to any more, the oldest are forgotten.</summary>
    private void KeepFailed(OutChannel channel)
    {
        lock (_gate)
        {
            _failed.Enqueue(channel);
            if (_failed.Count <= MaxChannels)
                return;
            channel = _failed.Dequeue();
        }

        Unlist(channel);
    }

    private readonly Queue<OutChannel> _failed = [];
}
