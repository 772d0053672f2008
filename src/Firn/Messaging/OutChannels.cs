using System.Collections.Concurrent;
using Firn.Sessions;

namespace Firn.Messaging;

/// <summary>
/// The sending ends of a session's channels, one for each target. So many may be open; when there are more targets, those that were not
/// used for longest make room, unless something of theirs is unread: the peer then keeps them. All of it happens under the gate of the
/// session's writer, so that openings leave in the order of their numbers.
/// </summary>
internal sealed class OutChannels(MessageLink link, SessionWriter writer, int maxPayload)
{
    /// <summary>Channels that may be open to processes. The rest is for what is used once, a large reply or a spawn, so that no full mailbox holds it up.</summary>
    public const int MaxToProcesses = MessageLink.MaxChannels - 64;

    /// <summary>So many are open before one that is idle makes room for the next.</summary>
    private const int MaxKept = 768;

    // As small as they can be at first: most sessions of a large mesh carry no message.
    private readonly ConcurrentDictionary<ulong, OutChannel> _toProcesses = new(concurrencyLevel: 1, capacity: 1);
    private readonly ConcurrentDictionary<string, OutChannel> _toNames = new(concurrencyLevel: 1, capacity: 1, StringComparer.Ordinal);
    private readonly Dictionary<uint, OutChannel> _open = [];
    private readonly Queue<OutChannel> _waiting = new(0);
    private readonly Queue<OutChannel> _waitingOnce = new(0);
    private readonly Queue<OutChannel> _failed = new(0);
    private volatile OutChannel? _latest;
    private bool _isClosed;
    private uint _last;
    private int _once;
    private int _releasing;
    private long _uses;

    /// <summary>The channel that leads to <paramref name="target"/>; null when the session is over.</summary>
    public OutChannel? To(TargetKey target)
    {
        // Most often it is the one that was sent to last.
        if (_latest is { IsRetired: false } latest && target.Process != 0 && latest.Target.Process == target.Process)
            return latest;
        return _latest = Find(target) ?? Make(target);
    }

    /// <summary>Under the gate: messages that were taken on.</summary>
    public long SentMessages { get; set; }

    /// <summary>Under the gate: the next number in the count of sends.</summary>
    public long NextUse() => ++_uses;

    public FirnException NotConnected() => link.NotConnected();

    /// <summary>The peer has granted more on a channel, or keeps it; returns what is wrong with that.</summary>
    public string? OnCredit(uint id, ulong total, bool isKept)
    {
        string? fault;
        bool writes;
        lock (writer.Gate)
        {
            if (!_open.TryGetValue(id, out var channel))
                return id > _last ? $"a grant on channel {id}, which was never opened" : null;

            fault = channel.OnCredit(total, isKept);
            if (isKept && fault is null)
                _releasing--;
            if (channel.IsIdle)
                OnIdle(channel);
            MakeRoom();
            writes = writer.HasWork && writer.Claim(Flush.Now);
        }

        if (writes)
            writer.WriteClaimed();
        return fault;
    }

    /// <summary>The peer says that a target is gone, or that what was sent on a channel that was to be released is consumed.</summary>
    public string? OnClosed(uint id, Firn.Protocol.Wire.ExitReason wire)
    {
        MessageSend[] failed = [];
        bool writes;
        lock (writer.Gate)
        {
            if (!_open.Remove(id, out var channel))
                return id > _last ? $"channel {id} was closed, which was never opened" : null;

            channel.Close();
            _releasing -= channel.IsReleasing ? 1 : 0;
            _once -= channel.Target.Once is null ? 0 : 1;
            if (!channel.IsReleasing)
                failed = OnTargetGone(channel, Firn.ExitReason.FromWire(wire));
            else if (channel.HasWaiting)
                _waiting.Enqueue(channel);
            else
                Retire(channel);
            OpenWaiting();
            writes = writer.HasWork && writer.Claim(Flush.Soon);
        }

        foreach (var send in failed)
            send.Complete();
        if (writes)
            writer.WriteClaimed();
        return null;
    }

    /// <summary>Under the gate: nothing waits to be sent on <paramref name="channel"/>. What is used once is over; others may make room.</summary>
    public void OnIdle(OutChannel channel)
    {
        if (channel.Target.Once is null)
            MakeRoom();
        else if (channel.IsIdle)
            TryRelease(channel);
    }

    /// <summary>Under the gate: whoever looks for the channel of its target finds it no more.</summary>
    public void Retire(OutChannel channel)
    {
        channel.IsRetired = true;
        if (_latest == channel)
            _latest = null;
        if (channel.Target.Name is { } name)
            _toNames.TryRemove(new KeyValuePair<string, OutChannel>(name, channel));
        else if (channel.Target.Once is null)
            _toProcesses.TryRemove(new KeyValuePair<ulong, OutChannel>(channel.Target.Process, channel));
    }

    /// <summary>Nothing can be sent any more: what waits fails.</summary>
    public void Close(FirnException why)
    {
        List<MessageSend> failed = [];
        lock (writer.Gate)
        {
            _isClosed = true;
            foreach (var channel in (IEnumerable<OutChannel>)[.. _open.Values, .. _waiting, .. _waitingOnce])
                failed.AddRange(channel.Fail(why));
            _waiting.Clear();
            _waitingOnce.Clear();
        }

        foreach (var send in failed)
            send.Complete();
    }

    private OutChannel? Find(TargetKey target) =>
        target.Once is not null ? null
        : target.Name is not null ? _toNames.GetValueOrDefault(target.Name)
        : _toProcesses.GetValueOrDefault(target.Process);

    private OutChannel? Make(TargetKey target)
    {
        OutChannel channel;
        bool writes;
        lock (writer.Gate)
        {
            if (_isClosed || writer.IsCompleted)
                return null;
            if (Find(target) is { } other)
                return other;

            channel = new OutChannel(this, writer, target, maxPayload);
            if (target.Name is not null)
                _toNames[target.Name] = channel;
            else if (target.Once is null)
                _toProcesses[target.Process] = channel;
            (target.Once is null ? _waiting : _waitingOnce).Enqueue(channel);
            OpenWaiting();
            writes = writer.HasWork && writer.Claim(Flush.Soon);
        }

        if (writes)
            writer.WriteClaimed();
        return channel;
    }

    private void OpenWaiting()
    {
        if (writer.IsCompleted)
            return;
        while (_waitingOnce.Count > 0 && _open.Count < MessageLink.MaxChannels)
        {
            _once++;
            Open(_waitingOnce.Dequeue());
        }

        while (_waiting.Count > 0 && _open.Count - _once < MaxToProcesses)
        {
            if (_open.Count - _once >= MaxKept)
                ReleaseOldest();
            Open(_waiting.Dequeue());
        }

        MakeRoom();
    }

    private void Open(OutChannel channel)
    {
        _open[++_last] = channel;
        channel.Open(_last);
    }

    /// <summary>As many idle channels as are waited for make room.</summary>
    private void MakeRoom()
    {
        while (_releasing < _waiting.Count && ReleaseOldest())
        {
        }
    }

    private bool ReleaseOldest()
    {
        // One for a single use is idle for a moment, too: before its message.
        var oldest = _open.Values.Where(channel => channel.IsIdle && channel.Target.Once is null).MinBy(channel => channel.LastUse);
        return oldest is not null && TryRelease(oldest);
    }

    private bool TryRelease(OutChannel channel)
    {
        if (writer.IsCompleted)
            return false;
        _releasing++;
        channel.Release();
        return true;
    }

    /// <summary>The next sender is told; of the targets that nobody sends to any more, the oldest are forgotten.</summary>
    private MessageSend[] OnTargetGone(OutChannel channel, Firn.ExitReason reason)
    {
        if (channel.Target.Once is null)
            _failed.Enqueue(channel);
        if (_failed.Count > MessageLink.MaxChannels)
            Retire(_failed.Dequeue());
        return channel.Fail(MessageHub.NoProcess($"{channel.Target} at {link.PeerKey.Name} is gone: {reason}."));
    }
}
