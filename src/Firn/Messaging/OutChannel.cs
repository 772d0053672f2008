using System.Buffers;
using System.Buffers.Binary;
using Firn.Protocol;
using Firn.Sessions;
using Google.Protobuf;

namespace Firn.Messaging;

/// <summary>
/// The sending end of a channel: messages for one target at the peer, in order. Small ones go straight among the session's messages
/// while there is credit and room; the others wait, and are sent in turn with other channels and streams. Without a place among the
/// open channels, all wait.
/// </summary>
internal sealed class OutChannel(OutChannels channels, SessionWriter writer, TargetKey target, int maxPayload) : Outlet
{
    private readonly Queue<MessageSend> _waiting = new(0);
    private SendCredit _credit;
    private FirnException? _failure;
    private bool _isReleasing;
    private bool _isKept;
    private bool _isGrantedSince;   // since it was to be released
    private long _position;   // where its last frame ends among the session's messages: none of its own may overtake it

    public TargetKey Target => target;

    /// <summary>Its number while it is open, else 0.</summary>
    public uint Id { get; private set; }

    /// <summary>When it was used last, on the session's count of sends.</summary>
    public long LastUse { get; private set; } = channels.NextUse();

    /// <summary>Nobody finds it any more.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Whether something waits to be sent.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>Whether the peer was asked to end it.</summary>
    public bool IsReleasing => _isReleasing;

    /// <summary>Whether it may be released: nothing waits, and the peer has not just said that its target has something to read.</summary>
    public bool IsIdle => Id != 0 && !_isReleasing && !_isKept && _waiting.Count == 0;

    public override bool CanWrite => Id != 0 && !_isReleasing && _waiting.TryPeek(out var send)
        && (send.IsAborted || _credit.Available >= (send.IsBegun ? 1 : IsWhole(send.Header, send.Body) ? Charge(send.Body.Length) : MessageHeader.Overhead + 1));

    /// <summary>
    /// Sends; false when another channel is to be found. <paramref name="rented"/>, if given, holds the body and goes back to the pool
    /// when it is no longer needed.
    /// </summary>
    public bool TrySend(
        in MessageHeader header, ReadOnlyMemory<byte> body, byte[]? rented, Flush flush, CancellationToken cancellationToken, out ValueTask sent)
    {
        sent = default;
        MessageSend? send = null;
        bool writes = false;
        lock (writer.Gate)
        {
            if (IsRetired)
                return false;
            LastUse = channels.NextUse();
            if (_failure is not null || writer.IsCompleted)
            {
                sent = ValueTask.FromException(_failure ?? channels.NotConnected());
                channels.Retire(this);   // one sender was told: who sends next learns what is there then
            }
            else if (CanPass(header, body))
            {
                int length = header.WholeSize + body.Length;
                var frame = writer.AddMessage(FrameHeader.Size + length);
                WriteWhole(frame, header, body.Span, length);
                _position = writer.AddedMessages;
                channels.SentMessages++;
                OnWritten();
                writes = writer.Claim(flush);
            }
            else
            {
                send = MessageSend.Rent(this, header, body, rented);
                sent = send.Task;
                _waiting.Enqueue(send);
                channels.SentMessages++;
                Advance();
                writes = IsQueued && writer.Claim(flush);
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

    /// <summary>Under the gate: it has a place. Its opening goes before anything that is sent on it.</summary>
    public void Open(uint id)
    {
        (Id, _credit, _isReleasing, _isKept) = (id, new SendCredit(InChannel.Floor), false, false);
        var payload = target.ToWire().ToByteArray();
        writer.AddMessage(new FrameHeader(FrameType.ChannelOpen, 0, (ushort)payload.Length, id), payload);
        _position = writer.AddedMessages;
        Advance();
    }

    /// <summary>Under the gate: it has lost its place.</summary>
    public void Close() => Id = 0;

    /// <summary>Under the gate: asks the peer to end it; until the answer, everything waits.</summary>
    public void Release()
    {
        (_isReleasing, _isGrantedSince) = (true, false);
        writer.AddMessage(new FrameHeader(FrameType.ChannelRelease, 0, 0, Id), []);
    }

    /// <summary>Under the gate: the peer has granted more, or, <paramref name="isKept"/>, does not end it yet; returns what is wrong with that.</summary>
    public string? OnCredit(ulong total, bool isKept)
    {
        if (!_credit.TryGrant(total))
            return $"a grant on channel {Id} that takes back an earlier one";
        if (isKept && !_isReleasing)
            return $"channel {Id} was kept, which was not to be released";

        // A grant says that the target reads: then it is worth asking again.
        (_isReleasing, _isKept) = isKept ? (false, !_isGrantedSince) : (_isReleasing, false);
        _isGrantedSince = !isKept;
        Advance();
        return null;
    }

    /// <summary>Under the gate: nothing can be sent any more. Returns what waited, to be failed.</summary>
    public MessageSend[] Fail(FirnException failure)
    {
        _failure ??= failure;
        MessageSend[] waiting = [.. _waiting];
        _waiting.Clear();
        foreach (var send in waiting)
            send.Failure = failure;
        return waiting;
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
            send.IsAborted = !isOver;
            if (isOver)
                Remove(send);
            Advance();
            writes = writer.HasWork && writer.Claim(Flush.Soon);
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
            // It is charged like a whole one, so that what was reserved for it is of use to nothing else.
            _credit.Take(send.Body.Length - send.Sent);
            new FrameHeader(FrameType.Message, FrameFlags.Abort, 0, Id).Write(destination);
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
            OnWritten();
        }

        return FrameHeader.Size + length;
    }

    private static int Charge(int body) => MessageHeader.Overhead + body;

    private bool IsWhole(in MessageHeader header, ReadOnlyMemory<byte> body) =>
        body.Length <= Math.Max(maxPayload - header.WholeSize, 1);

    /// <summary>Under the gate: whether a message need not wait.</summary>
    private bool CanPass(in MessageHeader header, ReadOnlyMemory<byte> body) => Id != 0 && !_isReleasing && _waiting.Count == 0
        && IsWhole(header, body) && Charge(body.Length) <= _credit.Available && writer.HasRoom;

    /// <summary>Under the gate: a message was framed, or given up.</summary>
    private void OnWritten()
    {
        if (_waiting.Count == 0)
            channels.OnIdle(this);
    }

    private void WriteWhole(Span<byte> frame, in MessageHeader header, ReadOnlySpan<byte> body, int length)
    {
        _credit.Take(Charge(body.Length));
        new FrameHeader(FrameType.Message, header.WholeFlags, (ushort)length, Id).Write(frame);
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

        int length = (int)Math.Min(Math.Min(send.Body.Length - send.Sent, Math.Max(maxPayload - head, 1)), _credit.Available);
        send.Body.Span.Slice(send.Sent, length).CopyTo(payload[head..]);
        send.Sent += length;
        _credit.Take(length);
        if (send.Sent < send.Body.Length)
            flags |= FrameFlags.More;
        new FrameHeader(FrameType.Message, flags, (ushort)(head + length), Id).Write(destination);
        return head + length;
    }

    /// <summary>Under the gate: waits for its turn if it has something to write.</summary>
    private void Advance()
    {
        if (CanWrite)
            writer.Enqueue(this);
    }

    private void Remove(MessageSend send)
    {
        for (int i = _waiting.Count; i > 0; i--)
        {
            var next = _waiting.Dequeue();
            if (next != send)
                _waiting.Enqueue(next);
        }

        OnWritten();
    }
}
