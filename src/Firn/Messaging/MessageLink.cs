using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
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
    private readonly OutChannels _outgoing;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FirnException? _failure;

    public MessageLink(Session session, SessionWriter writer, MessageHub hub)
    {
        (_session, _writer, _hub) = (session, writer, hub);
        _calls = hub.NewCallBook();
        _outgoing = new OutChannels(this, writer);
        _credit = new MessageCredit(session);
    }

    /// <summary>The number under which relations with the peer's processes are kept.</summary>
    public long Number => _session.Terms.Link;

    public PeerKey PeerKey => _session.Terms.Peer;

    /// <summary>Whether nothing comes or goes any more.</summary>
    public bool IsClosed => Volatile.Read(ref _failure) is not null;

    /// <summary>Completes when nothing of it is handed to anybody any more.</summary>
    public Task Closed => _closed.Task;

    /// <summary>The life of the node at the other end.</summary>
    public NodeLife Life => field ??= new NodeLife(_session.Terms.Peer, _session.Terms.Incarnation);

    /// <summary>Sends a message that nobody replies to.</summary>
    public ValueTask SendAsync<T>(TargetKey target, T message, MessageSerializer serializer, TraceContext trace, CancellationToken cancellationToken) =>
        SendAsync(target, new MessageHeader(0, 0, trace), message, serializer, Flush.Adaptive, cancellationToken);

    /// <summary>Sends a message and waits for its reply.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TReply> CallAsync<T, TReply>(
        TargetKey target, T message, PendingCall<TReply> call, TimeSpan timeout, MessageSerializer serializer, TraceContext trace, CancellationToken cancellationToken)
    {
        _calls.Add(call, timeout);
        ulong number = call.Call;
        var reply = call.Task;
        if (cancellationToken.CanBeCanceled)
            call.CancelOn(_calls, cancellationToken);
        try
        {
            // One caller alone is waiting for the reply, and nothing is gained by waiting for more to send.
            var flush = _calls.IsBusy ? Flush.Soon : Flush.Now;
            await SendAsync(target, new MessageHeader(0, number, trace), message, serializer, flush, call.BeginSending()).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whoever took the call has ended it, for a better reason than that the session is over.
            _calls.TryTake(number)?.Fail(e);
        }

        call.EndSending();
        return await reply.ConfigureAwait(false);
    }

    /// <summary>Answers a call of the peer.</summary>
    public ValueTask ReplyAsync<TReply>(ulong call, TReply reply, MessageSerializer serializer, bool isLast, CancellationToken cancellationToken)
    {
        if (RawBytes.TryGet(reply, out var raw) && raw.IsSingleSegment)
            return ReplyBytesAsync(call, raw.First, null, isLast, cancellationToken);

        using var body = new BodyWriter();
        try
        {
            Payloads.Write(reply, serializer, body);
        }
        catch (FirnException e)
        {
            Refuse(call, ReplyStatus.Failed, $"The reply could not become bytes: {e.Message}");
            throw;
        }

        var bytes = body.Detach(out byte[]? rented);
        return ReplyBytesAsync(call, bytes, rented, isLast, cancellationToken);
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

    /// <summary>Answers a spawn, before anything that the new process says.</summary>
    public void ReplySpawned(ulong call, ulong process)
    {
        Span<byte> payload = stackalloc byte[ReplyHeader.Size + sizeof(ulong)];
        new ReplyHeader(call, ReplyStatus.Ok).Write(payload);
        BinaryPrimitives.WriteUInt64BigEndian(payload[ReplyHeader.Size..], process);
        _session.SendInOrder(FrameHeader.Control(FrameType.Reply, payload.Length), payload);
    }

    /// <summary>Sends a signal, in order with messages.</summary>
    public void Signal(FrameType type, IMessage signal)
    {
        var payload = signal.ToByteArray();
        _session.SendInOrder(FrameHeader.Control(type, payload.Length), payload);
    }

    /// <summary>What an operation fails with when the session is over.</summary>
    public FirnException NotConnected() => new(FailureReason.NotConnected, $"The session with {PeerKey.Name} has ended.");

    /// <summary>The session is over, or has given its place to another: nothing more comes or goes.</summary>
    public void Close(FirnException why)
    {
        if (Interlocked.CompareExchange(ref _failure, why, null) is not null)
            return;

        _outgoing.Close(why);
        CloseIncoming();
        _calls.Close(why);
        _hub.OnLinkClosed(this);
        _closed.TrySetResult();
    }

    private ValueTask SendAsync<T>(
        TargetKey target, MessageHeader header, T message, MessageSerializer serializer, Flush flush, CancellationToken cancellationToken)
    {
        if (RawBytes.TryGet(message, out var raw) && raw.IsSingleSegment)
            return SendBytesAsync(target, header, raw.First, null, flush, cancellationToken);

        using var body = new BodyWriter();
        Payloads.Write(message, serializer, body);
        var bytes = body.Detach(out byte[]? rented);
        return SendBytesAsync(target, header, bytes, rented, flush, cancellationToken);
    }

    private ValueTask SendBytesAsync(
        TargetKey target, MessageHeader header, ReadOnlyMemory<byte> body, byte[]? rented, Flush flush, CancellationToken cancellationToken)
    {
        if (body.Length > MessageHeader.MaxBody)
        {
            throw new FirnException(
                FailureReason.InvalidInput, $"A message of {body.Length} bytes: at most {MessageHeader.MaxBody} may be sent; use a stream for more.");
        }

        ValueTask sent;
        OutChannel? channel;
        do
        {
            channel = _outgoing.To(target);
            if (channel is null)
                return ValueTask.FromException(NotConnected());
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
            return SendBytesAsync(TargetKey.OnceOnly(new ChannelTarget { Call = call }), default, body, rented, Flush.Now, cancellationToken);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        if (writes)
            _writer.WriteClaimed();
        return ValueTask.CompletedTask;
    }
}
