using System.Buffers;
using System.Buffers.Binary;
using Firn.Protocol;
using Firn.Sessions;
using Google.Protobuf;

namespace Firn.Messaging;

/// <summary>
/// The sending end of a channel: messages for one target at the peer, in order. Small ones go straight among the session's messages
/// while there is credit and room; the others wait, and are sent in turn with other channels and streams.
/// </summary>
internal sealed class OutChannel(MessageLink link, SessionWriter writer, uint id, TargetKey target) : Outlet
{
    private readonly Queue<MessageSend> _waiting = new(0);
    private SendCredit _credit = new(InChannel.Floor);
    private FirnException? _failure;
    private bool _isReleased;
    private long _position;   // where its last frame ends among the session's messages: none of its own may overtake it

    public uint Id => id;

    public TargetKey Target => target;

    /// <summary>When it was used last, on the link's count of sends.</summary>
    public long LastUse { get; set; }

    /// <summary>Why nothing can be sent: the target is gone, or the session.</summary>
    public FirnException? Failure => Volatile.Read(ref _failure);

    public override bool CanWrite => _waiting.TryPeek(out var send)
        && (send.IsAborted || _credit.Available >= (send.IsBegun ? 1 : IsWhole(send.Header, send.Body) ? Charge(send.Body.Length) : MessageHeader.Overhead + 1));

    /// <summary>
    /// Sends; false when the channel was released and another is to be opened. <paramref name="rented"/>, if given, holds the body and
    /// goes back to the pool when it is no longer needed.
    /// </summary>
    public bool TrySend(
        in MessageHeader header, ReadOnlyMemory<byte> body, byte[]? rented, Flush flush, CancellationToken cancellationToken, out ValueTask sent)
    {
        sent = default;
        MessageSend? send = null;
        bool writes;
        lock (writer.Gate)
        {
            if (_isReleased)
                return false;
            if (_failure is not null || writer.IsCompleted)
            {
                sent = ValueTask.FromException(_failure ?? link.NotConnected());
                writes = false;
            }
            else if (_waiting.Count == 0 && IsWhole(header, body) && Charge(body.Length) <= _credit.Available && writer.HasRoom)
            {
                int length = header.WholeSize + body.Length;
                var frame = writer.AddMessage(FrameHeader.Size + length);
                WriteWhole(frame, header, body.Span, length);
                _position = writer.AddedMessages;
                link.SentMessages++;
                writes = writer.Claim(flush);
            }
            else
            {
                send = MessageSend.Rent(this, header, body, rented);
                sent = send.Task;
                _waiting.Enqueue(send);
                link.SentMessages++;
                writes = Advance(flush);
            }
        }

        if (send is null && rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        if (writes)
            writer.WriteClaimed();
        if (send is not null && cancellationToken.CanBeCanceled && !sent.IsCompleted)
            send.CancelOn(cancellationToken);
        return true;
    }

    /// <summary>Under the gate: queues its opening, before anything that is sent on it. The caller sees to it that it is written.</summary>
    public void Open()
    {
        var payload = target.ToWire().ToByteArray();
        writer.AddMessage(new FrameHeader(FrameType.ChannelOpen, 0, (ushort)payload.Length, id), payload);
        _position = writer.AddedMessages;
    }

    /// <summary>The peer has granted more; false when it takes back what it gave.</summary>
    public bool TryGrant(ulong total)
    {
        bool writes;
        lock (writer.Gate)
        {
            if (!_credit.TryGrant(total))
                return false;
            writes = Advance(Flush.Now);
        }

        if (writes)
            writer.WriteClaimed();
        return true;
    }

    /// <summary>Says that nothing more is sent, unless something waits. False: it is in use, or over.</summary>
    public bool TryRelease()
    {
        bool writes;
        lock (writer.Gate)
        {
            if (_isReleased || _failure is not null || _waiting.Count > 0 || writer.TakenMessages < _position)
                return false;
            _isReleased = true;
            writer.AddMessage(new FrameHeader(FrameType.ChannelRelease, 0, 0, id), []);
            writes = writer.Claim(Flush.Soon);
        }

        if (writes)
            writer.WriteClaimed();
        return true;
    }

    /// <summary>Nothing can be sent any more: what waits fails.</summary>
    public void Fail(FirnException failure)
    {
        MessageSend[] waiting;
        lock (writer.Gate)
        {
            _failure ??= failure;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var send in waiting)
        {
            send.Failure = failure;
            send.Complete();
        }
    }

    /// <summary>Whoever sent gives up: the message is not sent, or its rest is not.</summary>
    public void Cancel(MessageSend send, CancellationToken cancellationToken)
    {
        bool writes = false, isOver;
        lock (writer.Gate)
        {
            if (!_waiting.Contains(send))
                return;   // sent, or failed, at the same moment

            send.Failure = new OperationCanceledException(cancellationToken);
            isOver = !send.IsBegun;
            if (isOver)
                Remove(send);
            else
                send.IsAborted = true;
            writes = Advance(Flush.Soon);
        }

        if (isOver)
            send.Complete();
        if (writes)
            writer.WriteClaimed();
    }

    public override int WriteFrame(Span<byte> destination, List<SendOperation> done)
    {
        if (!CanWrite || writer.TakenMessages < _position)
            return 0;

        var send = _waiting.Peek();
        int length;
        if (send.IsAborted)
        {
            new FrameHeader(FrameType.Message, FrameFlags.Abort, 0, id).Write(destination);
            length = 0;
        }
        else if (!send.IsBegun && IsWhole(send.Header, send.Body))
        {
            length = send.Header.WholeSize + send.Body.Length;
            WriteWhole(destination, send.Header, send.Body.Span, length);
            send.Sent = send.Body.Length;
        }
        else
        {
            length = WritePart(destination, send);
        }

        if (send.IsAborted || send.Sent == send.Body.Length)
        {
            _waiting.Dequeue();
            done.Add(send);
        }

        return FrameHeader.Size + length;
    }

    private static int Charge(int body) => MessageHeader.Overhead + body;

    private static bool IsWhole(in MessageHeader header, ReadOnlyMemory<byte> body) =>
        header.WholeSize + body.Length <= FrameHeader.DefaultMaxPayload;

    private void WriteWhole(Span<byte> frame, in MessageHeader header, ReadOnlySpan<byte> body, int length)
    {
        _credit.Take(Charge(body.Length));
        new FrameHeader(FrameType.Message, header.WholeFlags, (ushort)length, id).Write(frame);
        int start = FrameHeader.Size + header.WriteWhole(frame[FrameHeader.Size..]);
        body.CopyTo(frame[start..]);
    }

    private int WritePart(Span<byte> destination, MessageSend send)
    {
        int head = 0;
        byte flags = 0;
        var payload = destination[FrameHeader.Size..];
        if (!send.IsBegun)
        {
            send.IsBegun = true;
            flags = send.Header.WholeFlags;
            BinaryPrimitives.WriteInt32BigEndian(payload, send.Body.Length);
            head = sizeof(int) + send.Header.WriteWhole(payload[sizeof(int)..]);
            _credit.Take(MessageHeader.Overhead);
        }

        int length = (int)Math.Min(Math.Min(send.Body.Length - send.Sent, FrameHeader.DefaultMaxPayload - head), _credit.Available);
        send.Body.Span.Slice(send.Sent, length).CopyTo(payload[head..]);
        send.Sent += length;
        _credit.Take(length);
        if (send.Sent < send.Body.Length)
            flags |= FrameFlags.More;
        new FrameHeader(FrameType.Message, flags, (ushort)(head + length), id).Write(destination);
        return head + length;
    }

    private bool Advance(Flush flush)
    {
        if (!CanWrite || writer.IsCompleted)
            return false;
        writer.Enqueue(this);
        return writer.Claim(flush);
    }

    private void Remove(MessageSend send)
    {
        for (int i = _waiting.Count; i > 0; i--)
        {
            var next = _waiting.Dequeue();
            if (next != send)
                _waiting.Enqueue(next);
        }
    }
}
