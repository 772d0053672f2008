using System.Buffers;
using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>
/// The session's only writer. It has no task of its own: whoever finds it idle writes what is queued, and what is queued
/// meanwhile goes out in one write when that is done. Control frames have a lane with a limit.
/// </summary>
internal sealed class SessionWriter(Stream stream, Action<Exception> onFailed)
{
    /// <summary>Bytes of control frames that may wait. A peer that reads nothing while it makes us answer is cut off here.</summary>
    public const int MaxQueued = 2 * 1024 * 1024;

    private readonly Lock _gate = new();
    private byte[]? _queued;
    private int _queuedLength;
    private bool _isWriting = true;   // until Start
    private bool _isCompleted;
    private volatile bool _isFailed;

    /// <summary>Bytes that wait to be written.</summary>
    public int QueuedBytes => Volatile.Read(ref _queuedLength);

    /// <summary>Total bytes written.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Total frames queued.</summary>
    public long Frames { get; private set; }

    /// <summary>Begins to write: first <paramref name="prefix"/>, then what was queued since the session was made.</summary>
    public void Start(ReadOnlyMemory<byte> prefix)
    {
        lock (_gate)
        {
            if (!prefix.IsEmpty)
            {
                var later = _queued.AsSpan(0, _queuedLength).ToArray();
                _queuedLength = 0;
                Append(prefix.Span);
                Append(later);
            }
        }

        _ = WriteQueuedAsync();
    }

    /// <summary>Queues a control frame, and writes it now if nobody is writing. False when the lane is full or the session is over.</summary>
    public bool TryWrite(FrameType type, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_isCompleted || _queuedLength + FrameHeader.Size + payload.Length > MaxQueued)
                return false;

            Span<byte> header = stackalloc byte[FrameHeader.Size];
            FrameHeader.Control(type, payload.Length).Write(header);
            Append(header);
            Append(payload);
            Frames++;
            if (_isWriting)
                return true;
            _isWriting = true;
        }

        _ = WriteQueuedAsync();
        return true;
    }

    /// <summary>Nothing more is queued after this; what is queued still goes out.</summary>
    public void Complete()
    {
        lock (_gate)
            _isCompleted = true;
    }

    private async Task WriteQueuedAsync()
    {
        while (true)
        {
            byte[] batch;
            int length;
            lock (_gate)
            {
                if (_queuedLength == 0 || _isFailed)
                {
                    _isWriting = false;
                    return;
                }

                (batch, length) = (_queued!, _queuedLength);
                (_queued, _queuedLength) = (null, 0);
            }

            try
            {
                await stream.WriteAsync(batch.AsMemory(0, length)).ConfigureAwait(false);
                WrittenBytes += length;
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                _isFailed = true;
                onFailed(e);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(batch);
            }
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        int needed = _queuedLength + bytes.Length;
        if (_queued is null || _queued.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(256, needed));
            if (_queued is not null)
            {
                _queued.AsSpan(0, _queuedLength).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_queued);
            }

            _queued = larger;
        }

        bytes.CopyTo(_queued.AsSpan(_queuedLength));
        _queuedLength = needed;
    }
}
