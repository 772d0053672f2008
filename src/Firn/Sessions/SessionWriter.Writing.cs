using System.Buffers;
using System.Runtime.CompilerServices;
using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>Writes what is queued, block by block.</summary>
internal sealed partial class SessionWriter
{
    void IThreadPoolWorkItem.Execute()
    {
        lock (Gate)
        {
            if (_state != State.Scheduled)
                return;   // somebody else was quicker
            if (!IsWorthAWrite())
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            _state = State.Writing;
        }

        Write(onPool: true);
    }

    /// <summary>Writes one block; on the thread pool, one after the other until nothing is left.</summary>
    private void Write(bool onPool)
    {
        while (TryTake())
        {
            var writing = StartWrite();
            if (!writing.IsCompleted)
            {
                _pending = writing;
                writing.UnsafeOnCompleted(_onWritten);
                return;
            }

            EndWrite(writing);
            if (onPool)
                continue;

            // A caller has written its own block, and is not to write those of others for ever.
            lock (Gate)
            {
                if (HasWork)
                {
                    _state = State.Scheduled;
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                }
                else
                {
                    _state = State.Idle;
                }
            }

            return;
        }
    }

    private void OnWritten()
    {
        EndWrite(_pending);
        Write(onPool: true);
    }

#pragma warning disable CA2012 // The awaiter is asked for its result exactly once, in EndWrite.
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter StartWrite()
    {
        try
        {
            return _stream.WriteAsync(_block.Bytes).ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception e) when (IsLoss(e))
        {
            return ValueTask.FromException(e).ConfigureAwait(false).GetAwaiter();
        }
    }
#pragma warning restore CA2012

    private void EndWrite(ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter writing)
    {
        try
        {
            writing.GetResult();
            WrittenBytes += _block.Length;
        }
        catch (Exception e) when (IsLoss(e))
        {
            _isFailed = true;
            _onFailed(e);
        }
        finally
        {
            FrameQueue.Return(_block);
            _block = default;
        }
    }

    private static bool IsLoss(Exception e) => e is IOException or ObjectDisposedException or InvalidOperationException;

    /// <summary>Takes the next block to write, and completes the operations whose last frame is in it. False: the writer is idle now.</summary>
    private bool TryTake()
    {
        lock (Gate)
        {
            if (_isFailed || !TryTakeBlock())
            {
                _state = State.Idle;
                return false;
            }

            if (_done.Count == 0)
                return true;
            (_done, _completing) = (_completing, _done);
        }

        foreach (var operation in _completing)
            operation.Complete();
        _completing.Clear();
        return true;
    }

    private bool TryTakeBlock()
    {
        if (_control.TryTake(out _block))
            return true;

        _outletsNext = !_outletsNext;
        return _outletsNext
            ? TryTakeTurns() || _messages.TryTake(out _block)
            : _messages.TryTake(out _block) || TryTakeTurns();
    }

    /// <summary>A block of frames of those that wait for their turn, a frame each.</summary>
    private bool TryTakeTurns()
    {
        if (_turns.Count == 0)
            return false;

        var buffer = ArrayPool<byte>.Shared.Rent(FrameQueue.BlockSize);
        int length = 0;
        for (int skipped = 0; skipped < _turns.Count && length + FrameHeader.Size + FrameHeader.DefaultMaxPayload <= FrameQueue.BlockSize;)
        {
            var outlet = _turns.Dequeue();
            int size = outlet.WriteFrame(buffer.AsSpan(length), _done);
            (Frames, length) = (Frames + (size > 0 ? 1 : 0), length + size);

            // Who can write but did not waits for its messages that are queued before.
            outlet.IsQueued = outlet.CanWrite;
            if (outlet.IsQueued)
                _turns.Enqueue(outlet);
            skipped = outlet.IsQueued && size == 0 ? skipped + 1 : 0;
        }

        _block = new FrameQueue.Block(buffer, length);
        if (length > 0)
            return true;
        FrameQueue.Return(_block);
        return false;
    }

    /// <summary>Under the gate: little was queued and more may be on its way, so whoever else waits for a thread goes first, a few times.</summary>
    private bool IsWorthAWrite()
    {
        bool isWorth = _messages.Length >= FrameQueue.BlockSize / 4 || _control.Length > 0 || _turns.Count > 0 || ++_waits > MaxWaits;
        if (isWorth)
            _waits = 0;
        return isWorth;
    }
}
