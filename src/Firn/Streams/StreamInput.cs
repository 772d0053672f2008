using System.IO.Pipelines;
using Firn.Protocol;
using Firn.Sessions;

namespace Firn.Streams;

/// <summary>
/// The receiving half of a stream: what came and was not read yet, as a <see cref="PipeReader"/> that grants the other end more as it
/// is read.
/// </summary>
internal sealed class StreamInput : PipeReader, IGranting
{
    /// <summary>What every stream may receive without being granted it: 16 KiB.</summary>
    public const int Floor = 16 * 1024;

    /// <summary>What a stream is granted as soon as it is open, while the budget allows: 256 KiB.</summary>
    private const int Initial = 256 * 1024;

    private static readonly PipeOptions Options = new(
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: 16 * 1024, useSynchronizationContext: false);

    private readonly Pipe _pipe = new(Options);
    private readonly ReceiveCredit _credit;
    private ReceiveWindow _window;
    private System.Buffers.ReadOnlySequence<byte> _read;
    private long _unreported;
    private bool _isDisposed;

    public StreamInput(ReceiveCredit credit, uint id)
    {
        (_credit, Id) = (credit, id);
        lock (credit.Gate)
            _window = credit.NewWindow();
    }

    public uint Id { get; }

    long IGranting.Granted => _window.Granted;

    /// <summary>Whether nothing more comes: the other end has said so, or the stream was reset. The session's reader's.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What the other end may still send.</summary>
    public long Left
    {
        get
        {
            lock (_credit.Gate)
                return _window.Left;
        }
    }

    /// <summary>Widens the window to what a stream starts with, and returns it.</summary>
    public uint Widen()
    {
        lock (_credit.Gate)
        {
            _window.TryWiden(Initial);
            return (uint)_window.Granted;
        }
    }

    /// <summary>Bytes came; false when they are more than was granted, or come after the end.</summary>
    public bool TryReceive(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        // Without the gate: only the reader counts what came, and a grant is written before the writer can know of it.
        if (IsOver || !_window.TryReceive(bytes.Length))
            return false;
        if (!bytes.IsEmpty)
            System.Buffers.BuffersExtensions.Write(_pipe.Writer, bytes);
        if (isEnd)
            End(null);
        return true;
    }

    /// <summary>Shows the reader what came.</summary>
    public void Publish()
    {
        if (IsOver)
            return;
#pragma warning disable CA2012 // Done at once, since credit is the limit and not the pipe.
        _ = _pipe.Writer.FlushAsync();
#pragma warning restore CA2012
    }

    /// <summary>Nothing more comes; a reader that has read what is there sees the end, or <paramref name="failure"/>.</summary>
    public void End(Exception? failure)
    {
        if (IsOver)
            return;
        IsOver = true;
        _pipe.Writer.Complete(failure);
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryRead(out var there))
            return there;
        var result = await _pipe.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        _read = result.Buffer;
        return result;
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!_pipe.Reader.TryRead(out result))
            return false;
        _read = result.Buffer;
        return true;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long length = _read.Slice(0, consumed).Length;
        _read = default;
        _pipe.Reader.AdvanceTo(consumed, examined);
        OnConsumed(length);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => _pipe.Reader.CancelPendingRead();

    /// <summary>Gives back what was not read, and the window's share of the session's budget.</summary>
    public override void Complete(Exception? exception = null)
    {
        lock (_credit.Gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _window.Close();
        }

        _pipe.Reader.Complete(exception);
    }

    private void OnConsumed(long length)
    {
        // Grants matter in halves of a window; a look at every quarter is soon enough.
        _unreported += length;
        if (_unreported < _window.Size / 4)
            return;

        bool isGrant;
        lock (_credit.Gate)
            isGrant = !_isDisposed && _credit.Consume(ref _window, _unreported) && !IsOver;

        _unreported = 0;
        if (isGrant)
            _credit.Tell(this);
    }
}
