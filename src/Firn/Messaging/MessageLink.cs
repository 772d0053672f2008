using System.Buffers;
using System.Buffers.Binary;
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
internal sealed partial class MessageLink
{
    /// <summary>Channels that one end may have open at a time.</summary>
    public const int MaxChannels = 1024;

    private readonly Session _session;
    private readonly SessionWriter _writer;
    private readonly MessageHub _hub;
    private readonly CallBook _calls;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OutChannels? _outgoing;
    private FirnException? _failure;
    private volatile bool _isRoute;

    /// <param name="session">The session.</param>
    /// <param name="writer">Writes to it.</param>
    /// <param name="hub">The node's messages.</param>
    /// <param name="waiters">Whom what comes lets go on; the session's reader resumes them.</param>
    public MessageLink(Session session, SessionWriter writer, MessageHub hub, Waiters waiters)
    {
        (_session, _writer, _hub, _waiters) = (session, writer, hub, waiters);
        _calls = hub.NewCallBook();
        Life = new NodeLife(session.Terms.Peer, session.Terms.Incarnation);
    }

    /// <summary>The number under which relations with the peer's processes are kept.</summary>
    public long Number => _session.Terms.Link;

    public MessageHub Hub => _hub;

    public PeerKey PeerKey => _session.Terms.Peer;

    /// <summary>Whether nothing comes or goes any more.</summary>
    public bool IsClosed => Volatile.Read(ref _failure) is not null;

    /// <summary>Whether it leads to its node: it is open, and no other session has taken its place.</summary>
    public bool IsRoute { get => _isRoute; set => _isRoute = value; }

    /// <summary>Completes when nothing of it is handed to anybody any more.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Messages that were taken on, replies not included; under the writer's gate.</summary>
    public long SentMessages => Volatile.Read(ref _outgoing)?.SentMessages ?? 0;

    /// <summary>Messages that have begun to come; the reader's.</summary>
    public long ReceivedMessages { get; set; }

    /// <summary>Calls that were answered; the reader's.</summary>
    public long Answered { get; private set; }

    /// <summary>The life of the node at the other end.</summary>
    public NodeLife Life { get; }

    /// <summary>What is sent on; made when it is first needed, since most sessions of a large mesh carry no message.</summary>
    private OutChannels Outgoing
    {
        get
        {
            if (Volatile.Read(ref _outgoing) is { } there)
                return there;

            var made = new OutChannels(this, _writer, _session.MaxSentPayload);
            made = Interlocked.CompareExchange(ref _outgoing, made, null) ?? made;
            if (Volatile.Read(ref _failure) is { } why)
                made.Close(why);   // it may have come too late to be closed with the link
            return made;
        }
    }

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
#pragma warning disable CA1031 // It is the call that fails, unless it has ended for a better reason.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _calls.TryTake(number)?.Fail(e);
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
        return _session.QueueInOrder(FrameHeader.Control(FrameType.Reply, payload.Length), payload, isAnswer: true);
    }

    /// <summary>Queues a signal, in order with messages; see <see cref="Session.QueueInOrder"/>.</summary>
    public Queued QueueSignal(SendSignal send)
    {
        var payload = send.Signal.ToByteArray();
        return _session.QueueInOrder(FrameHeader.Control(send.Type, payload.Length), payload, send.IsAnswer);
    }

    /// <summary>Sees to what was queued, when no lock is held.</summary>
    public void Finish(Queued queued) => _session.Finish(queued);

    /// <summary>What an operation fails with when the session is over.</summary>
    public FirnException NotConnected() => _session.NotConnected();

    /// <summary>The session is over, or has given its place to another: nothing more comes or goes.</summary>
    public void Close(FirnException why)
    {
        if (Interlocked.CompareExchange(ref _failure, why, null) is not null)
            return;

        Volatile.Read(ref _outgoing)?.Close(why);
        CloseIncoming();
        _calls.Close(why);
        _hub.OnLinkClosed(this);
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
            GiveBack(rented);
            throw new FirnException(
                FailureReason.InvalidInput, $"A message of {body.Length} bytes: at most {MessageHeader.MaxBody} may be sent; use a stream for more.");
        }

        ValueTask sent;
        OutChannel? channel;
        do
        {
            channel = Outgoing.To(target);
            if (channel is null)
            {
                GiveBack(rented);
                return ValueTask.FromException(NotConnected());
            }
        }
        while (!channel.TrySend(header, body, rented, flush, cancellationToken, out sent));
        return sent;
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
        GiveBack(rented);
        if (writes)
            _writer.WriteClaimed();
        return ValueTask.CompletedTask;
    }

    private static void GiveBack(byte[]? rented)
    {
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
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
}
