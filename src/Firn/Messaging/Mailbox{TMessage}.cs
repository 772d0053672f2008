using System.Buffers;
using System.Threading.Tasks.Sources;
using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>
/// The mailbox of a process that takes <typeparamref name="TMessage"/>. Producers append under the lock; its one consumer takes all that
/// is there at once, and is woken once for it. Small payloads are copied into blocks that belong to what was taken together.
/// </summary>
internal sealed partial class Mailbox<TMessage> : Mailbox, IValueTaskSource<bool>
{
    // A block is twice the one before it, so that however much waits, few are asked of the pool.
    private const int FirstBlock = 4 * 1024, LastBlock = 256 * 1024;

    private readonly Queue<LocalSend> _waiting = new(0);
    private ManualResetValueTaskSourceCore<bool> _arrival;
    private Envelope<TMessage>[] _incoming = [];
    private int _incomingCount;
    private int _incomingLocal;
    private List<byte[]> _incomingBlocks = [];
    private int _blockLength;
    private volatile bool _isWaiting;

    // What was taken; the consumer's.
    private Envelope<TMessage>[] _taken = [];
    private int _takenCount;
    private int _next;
    private List<byte[]> _takenBlocks = [];
    private readonly List<LocalSend> _resumed = [];
    private byte[]? _current;

    public override bool IsReady => _isWaiting;

    /// <summary>Whether more is at hand behind what <see cref="TryTake"/> took last; the consumer's.</summary>
    public bool HasMore => _next < _takenCount;

    /// <summary>Takes the next; the bytes of the one before go back. False when there is none.</summary>
    public bool TryTake(out Envelope<TMessage> envelope)
    {
        ReturnCurrent();
        if (_next == _takenCount && !TrySwap())
        {
            envelope = default;
            return false;
        }

        envelope = _taken[_next];
        _taken[_next++] = default;
        if (envelope.Extra is RemoteExit exit)
            envelope.Extra = exit.Take();
        if (envelope.Channel is { } channel)
        {
            channel.OnConsumed(envelope.Length);
            if (envelope.Reserved >= 0)
            {
                // From here on the memory is the process's: however long it takes, nobody waits for it.
                _current = envelope.Buffer;
                channel.ReturnReserved(envelope.Reserved);
            }
        }

        return true;
    }

    /// <summary>The consumer has ended: gives back what it took.</summary>
    public void Abandon()
    {
        ReturnCurrent();
        foreach (ref var envelope in _taken.AsSpan(_next, _takenCount - _next))
            Drop(envelope);
        Return(_takenBlocks);
        (_taken, _next, _takenCount) = ([], 0, 0);
    }

    /// <summary>Completes when there is something to take, the process has ended, or the wait is over by <see cref="CancelWait"/>; the consumer's.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken = default)
    {
        short version;
        lock (Gate)
        {
            // A cancellation just before found nobody waiting.
            if (_incomingCount > 0 || IsClosed || cancellationToken.IsCancellationRequested)
                return new ValueTask<bool>(true);
            _arrival.Reset();
            _isWaiting = true;
            version = _arrival.Version;
        }

        OnReady();
        return new ValueTask<bool>(this, version);
    }

    /// <summary>Stops waiting; the consumer's wait completes.</summary>
    public void CancelWait()
    {
        bool wakes;
        lock (Gate)
            wakes = StopsWaiting();
        if (wakes)
            Resume(here: false);
    }

    public override bool DeliverNotice(object notice)
    {
        bool wakes;
        lock (Gate)
        {
            if (IsClosed)
                return false;
            Append().Extra = notice;
            wakes = StopsWaiting();
        }

        if (wakes)
            Resume(here: false);
        return true;
    }

    public override bool Deliver(InChannel channel, in MessageHeader header, ReadOnlySpan<byte> body)
    {
        lock (Gate)
        {
            if (IsClosed)
                return false;

            ref var envelope = ref Append(channel, header);
            envelope.Length = body.Length;
            envelope.Reserved = -1;
            if (!body.IsEmpty)
                (envelope.Buffer, envelope.Offset) = Copy(body);
            return true;
        }
    }

    public override bool Deliver(InChannel channel, in MessageHeader header, in LargeBody body)
    {
        lock (Gate)
        {
            if (IsClosed)
                return false;

            ref var envelope = ref Append(channel, header);
            (envelope.Buffer, envelope.Length, envelope.Reserved) = (body.Buffer, body.Length, (int)body.Reserved);
            return true;
        }
    }

    public override bool TryStopWaiting()
    {
        lock (Gate)
            return _incomingCount > 0 && StopsWaiting();
    }

    public override void Resume(bool here)
    {
        _arrival.RunContinuationsAsynchronously = !here;
        _arrival.SetResult(true);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);

    protected override void OnClosed()
    {
        LocalSend[] waiting;
        List<byte[]> blocks;
        (Envelope<TMessage>[] Envelopes, int Count) dropped;
        lock (Gate)
        {
            (waiting, blocks, dropped) = ([.. _waiting], _incomingBlocks, (_incoming, _incomingCount));
            _waiting.Clear();
            (_incoming, _incomingCount, _incomingBlocks) = ([], 0, []);
        }

        foreach (var send in waiting)
        {
            send.Failure = MessageHub.NoProcess();
            send.Complete();
        }

        foreach (ref var envelope in dropped.Envelopes.AsSpan(0, dropped.Count))
            Drop(envelope);
        Return(blocks);
        CancelWait();
    }

    private ref Envelope<TMessage> Append()
    {
        if (_incomingCount == _incoming.Length)
            Array.Resize(ref _incoming, Math.Max(16, 2 * _incoming.Length));
        return ref _incoming[_incomingCount++];
    }

    private ref Envelope<TMessage> Append(InChannel channel, in MessageHeader header)
    {
        ref var envelope = ref Append();
        envelope.Channel = channel;
        if (!header.Trace.IsNone)
            envelope.Trace = header.Trace;
        if (header.Call != 0)
        {
            var call = CallTicket.Of(channel.Link, header.Call);
            Open(call);
            (envelope.Extra, envelope.CallVersion) = (call, call.Version);
        }

        return ref envelope;
    }

    private (byte[] Block, int Offset) Copy(ReadOnlySpan<byte> body)
    {
        if (_incomingBlocks.Count == 0 || _blockLength + body.Length > _incomingBlocks[^1].Length)
        {
            int size = _incomingBlocks.Count == 0 ? FirstBlock : Math.Min(LastBlock, 2 * _incomingBlocks[^1].Length);
            _incomingBlocks.Add(ArrayPool<byte>.Shared.Rent(Math.Max(size, body.Length)));
            _blockLength = 0;
        }

        var block = _incomingBlocks[^1];
        int offset = _blockLength;
        body.CopyTo(block.AsSpan(offset));
        _blockLength += body.Length;
        return (block, offset);
    }

    private bool TrySwap()
    {
        Return(_takenBlocks);
        (_next, _takenCount) = (0, 0);
        lock (Gate)
        {
            if (_incomingCount == 0)
                return false;

            (_taken, _incoming) = (_incoming, _taken);
            (_takenCount, _incomingCount, _incomingLocal) = (_incomingCount, 0, 0);
            (_takenBlocks, _incomingBlocks) = (_incomingBlocks, _takenBlocks);
            while (_incomingLocal < MaxLocal && _waiting.TryDequeue(out var send))
            {
                AppendLocal(send.Message, send.Call, send.Trace);
                _resumed.Add(send);
            }
        }

        foreach (var send in _resumed)
            send.Complete();
        _resumed.Clear();
        return true;
    }

    /// <summary>Under the gate: whether the consumer waits, and is to be woken by the caller.</summary>
    private bool StopsWaiting()
    {
        bool waited = _isWaiting;
        _isWaiting = false;
        return waited;
    }

    private void ReturnCurrent()
    {
        if (_current is not null)
            ArrayPool<byte>.Shared.Return(_current);
        _current = null;
    }

    private static void Drop(in Envelope<TMessage> envelope)
    {
        (envelope.Extra as RemoteExit)?.Take();
        if (envelope is { Channel: { } channel, Reserved: >= 0 })
            new LargeBody(envelope.Buffer!, envelope.Length, envelope.Reserved).Return(channel);
    }

    private static void Return(List<byte[]> blocks)
    {
        foreach (var block in blocks)
            ArrayPool<byte>.Shared.Return(block);
        blocks.Clear();
    }
}
