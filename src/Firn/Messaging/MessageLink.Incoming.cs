using System.Buffers.Binary;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Messaging;

/// <summary>What comes from the peer. All of it is the session's reader's, but for what processes consume and close.</summary>
internal sealed partial class MessageLink
{
    private MessageCredit? _credit;
    private readonly Lock _incomingGate = new();
    private readonly Dictionary<uint, InChannel> _incoming = [];
    private readonly List<Mailbox> _touched = [];
    private readonly Waiters _waiters;
    private InChannel? _latest;
    private uint _lastIn;
    private long _stray;   // what may still come on channels whose target is gone
    private bool _isIncomingClosed;
    private long _waitingExits;

    /// <summary>What is left of the session's credit for incoming messages.</summary>
    public (long Reserve, long Windows) FreeCredit => _credit?.Free ?? (MessageCredit.Reserve, MessageCredit.Budget);

    /// <summary>Channels that the peer has open.</summary>
    public int IncomingChannels
    {
        get
        {
            lock (_incomingGate)
                return _incoming.Count;
        }
    }

    /// <summary>Made with the first channel; the reader's.</summary>
    private MessageCredit Credit => _credit ??= new MessageCredit(_session);

    /// <summary>A frame of messages or a signal; returns what is wrong with it.</summary>
    public string? OnFrame(FrameHeader header, ReadOnlySpan<byte> payload) => header.Type switch
    {
        FrameType.Message => OnMessage(header, payload),
        FrameType.Reply => OnReply(payload),
        FrameType.ChannelOpen => OnOpen(header.Channel, ChannelTarget.Parser.ParseFrom(payload)),
        FrameType.ChannelCredit => Outgoing.OnCredit(
            header.Channel, BinaryPrimitives.ReadUInt64BigEndian(payload), isKept: (header.Flags & FrameFlags.Kept) != 0),
        FrameType.ChannelRelease => OnRelease(header.Channel),
        FrameType.ChannelClosed => Outgoing.OnClosed(header.Channel, Firn.Protocol.Wire.ExitReason.Parser.ParseFrom(payload)),
        _ => _hub.OnSignal(this, header.Type, payload),
    };

    /// <summary>Notes the processes that wait for what came.</summary>
    public void Publish(Waiters waiters)
    {
        foreach (var mailbox in _touched)
        {
            if (mailbox.TryStopWaiting())
                waiters.Add(mailbox);
        }

        _touched.Clear();
    }

    /// <summary>A reply came on a channel of its own.</summary>
    public void OnLargeReply(ulong call, ReadOnlySpan<byte> body) => OnReply(new ReplyHeader(call, ReplyStatus.Ok), body);

    /// <summary>A message met a target that is gone.</summary>
    public void OnUndeliverable(ulong call)
    {
        if (call != 0)
            Refuse(call, ReplyStatus.NoProcess, "The process has ended.");
    }

    /// <summary>An exit that the peer told of waits for a process to take note of it, and costs so many bytes; or, below 0, no longer does.</summary>
    public void ChargeExit(int bytes)
    {
        if (Interlocked.Add(ref _waitingExits, bytes) > RemoteExit.MaxWaiting && bytes > 0)
            _session.Close(EndReason.ProtocolError, $"exits of more than {RemoteExit.MaxWaiting} bytes wait in processes that trap them");
    }

    /// <summary>The target of a channel is gone.</summary>
    public void CloseChannel(InChannel channel, Firn.ExitReason reason)
    {
        if (!channel.TryClose())
            return;

        lock (_incomingGate)
        {
            _incoming.Remove(channel.Id);
            _stray += channel.Left;
        }

        SayClosed(channel.Id, reason);
    }

    /// <summary>All that came on a channel that was to be released is consumed.</summary>
    public void OnDrained(InChannel channel)
    {
        channel.Target.Detach(channel);
        if (!channel.TryClose())
            return;

        lock (_incomingGate)
            _incoming.Remove(channel.Id);
        SayClosed(channel.Id, Firn.ExitReason.Normal);
    }

    private string? OnOpen(uint id, ChannelTarget wire)
    {
        if (id <= _lastIn)
            return $"channel {id} was opened, which is not the next of the peer's";
        if (_incoming.Count >= MaxChannels)
            return $"more than {MaxChannels} channels were opened";
        if (wire.TargetCase == ChannelTarget.TargetOneofCase.None)
            return $"channel {id} was opened to no target";

        _lastIn = id;
        if (_hub.FindTarget(this, wire) is not { } target)
        {
            lock (_incomingGate)
                _stray += InChannel.Floor;
            SayClosed(id, Firn.ExitReason.NoProcess);
            return null;
        }

        string? name = wire.TargetCase == ChannelTarget.TargetOneofCase.Name ? wire.Name : null;
        var channel = new InChannel(this, Credit, id, target, name);
        lock (_incomingGate)
        {
            if (_isIncomingClosed)
                return null;
            _incoming[id] = channel;
        }

        // A name may have been taken back just before the channel was there to be closed.
        if (!target.TryAttach(channel) || (name is not null && _hub.FindTarget(this, wire) != target))
            CloseChannel(channel, Firn.ExitReason.NoProcess);
        return null;
    }

    private string? OnMessage(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var channel = _latest;
        if (channel is null || channel.Id != header.Channel || channel.IsClosed)
        {
            lock (_incomingGate)
                _incoming.TryGetValue(header.Channel, out channel);
            if (channel is null)
                return OnStray(header, payload);
            _latest = channel;
        }

        if (channel.Target is Mailbox mailbox && (_touched.Count == 0 || _touched[^1] != mailbox))
            _touched.Add(mailbox);
        return channel.OnFrame(header.Flags, payload);
    }

    /// <summary>What was under way when the target ended: more than it was granted it cannot be. Who calls is told.</summary>
    private string? OnStray(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Channel > _lastIn)
            return $"a message on channel {header.Channel}, which was never opened";
        if ((header.Flags & FrameFlags.Call) != 0)
        {
            if (!MessageHeader.TryRead(header.Flags, ref payload, out var message))
                return $"a malformed message on channel {header.Channel}";
            OnUndeliverable(message.Call);
        }

        lock (_incomingGate)
        {
            bool isAbort = (header.Flags & FrameFlags.Abort) != 0;   // its charge is the sender's affair: nothing of it comes
            _stray -= isAbort ? payload.Length : Math.Max(1, payload.Length);
            return _stray >= 0 ? null : $"more than was granted on channel {header.Channel}, whose target is gone";
        }
    }

    private string? OnRelease(uint id)
    {
        InChannel? channel;
        lock (_incomingGate)
            _incoming.TryGetValue(id, out channel);
        if (channel is null)
            return id > _lastIn ? $"channel {id} was released, which was never opened" : null;

        return channel.OnReleased();
    }

    private string? OnReply(ReadOnlySpan<byte> payload)
    {
        var header = ReplyHeader.Read(payload);
        if (header.Status > ReplyStatus.Busy)
            return $"a reply with status {(byte)header.Status}";

        OnReply(header, payload[ReplyHeader.Size..]);
        return null;
    }

    private void OnReply(ReplyHeader header, ReadOnlySpan<byte> body)
    {
        if (_calls.TryTake(header.Call) is not { } call)
            return;   // a reply that nobody waits for any more is late, and nothing else
        if (header.Status == ReplyStatus.Ok)
            Answered++;
        call.OnReply(header.Status, body);
        _waiters.Add(call);
    }

    private void SayClosed(uint id, Firn.ExitReason reason)
    {
        var payload = reason.ToWire().ToByteArray();
        _session.SendInOrder(new FrameHeader(FrameType.ChannelClosed, 0, (ushort)payload.Length, id), payload);
    }

    private void CloseIncoming()
    {
        InChannel[] channels;
        lock (_incomingGate)
        {
            _isIncomingClosed = true;
            channels = [.. _incoming.Values];
            _incoming.Clear();
        }

        foreach (var channel in channels)
        {
            channel.Target.Detach(channel);
            channel.TryClose();
            channel.Abandon();
        }
    }
}
