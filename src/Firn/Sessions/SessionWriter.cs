using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>
/// The session's only writer. It has no task of its own: whoever finds it idle writes, and what is queued meanwhile goes out in the
/// next write. Control frames go first; then, by turns, messages and signals in their order, and the frames of
/// <see cref="Outlet"/>s, each in its turn, which are made only when the connection takes them.
/// </summary>
internal sealed partial class SessionWriter : IThreadPoolWorkItem
{
    /// <summary>Bytes of control frames, or of answers among the messages, that may wait. A peer that reads nothing while it makes us answer is cut off here.</summary>
    public const int MaxQueued = 2 * 1024 * 1024;

    /// <summary>
    /// Bytes of other signals that may wait. Their number is bounded by what a session may monitor and link, all of which may end at
    /// once, with a kilobyte of text in each: no fault of a peer that reads as fast as it can.
    /// </summary>
    public const int MaxSignals = RelationBook.MaxPerSession * 1280;

    /// <summary>Bytes of messages that may wait before their senders do.</summary>
    public const int MaxMessages = 4 * FrameQueue.BlockSize;

    private static readonly long Pause = Stopwatch.Frequency / 20_000;   // 50 us: about a round trip on one machine

    private const int MaxWaits = 3;   // so often a small write lets others that are ready to run go first

    private enum State
    {
        /// <summary>Nobody writes.</summary>
        Idle,

        /// <summary>The thread pool will.</summary>
        Scheduled,

        /// <summary>Somebody does.</summary>
        Writing,
    }

    private readonly Stream _stream;
    private readonly Action<Exception> _onFailed;
    private readonly Action _onWritten;
    private readonly Queue<Outlet> _turns = [];
    private FrameQueue _control = new();
    private FrameQueue _messages = new();
    private List<SendOperation> _done = [];
    private List<SendOperation> _completing = [];
    private FrameQueue.Block _block;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _pending;
    private State _state = State.Writing;   // until Start
    private long _lastClaim;
    private int _waits;
    private bool _outletsNext;
    private bool _isCompleted;
    private volatile bool _isFailed;

    public SessionWriter(Stream stream, Action<Exception> onFailed)
    {
        (_stream, _onFailed) = (stream, onFailed);
        _onWritten = OnWritten;
    }

    /// <summary>Guards everything that is queued, and the credit that is spent on it. Nothing is awaited or called back under it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Bytes that wait to be written.</summary>
    public int QueuedBytes => _control.Length + _messages.Length;

    /// <summary>Total bytes written.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Total frames queued.</summary>
    public long Frames { get; private set; }

    /// <summary>Under the gate: nothing more is to be queued.</summary>
    public bool IsCompleted => _isCompleted;

    /// <summary>Under the gate: messages may be added.</summary>
    public bool HasRoom => _messages.Length < MaxMessages;

    /// <summary>Begins to write: first <paramref name="prefix"/>, then what was queued since the session was made.</summary>
    public void Start(ReadOnlyMemory<byte> prefix)
    {
        lock (Gate)
        {
            if (!prefix.IsEmpty)
            {
                var later = new FrameQueue();
                prefix.Span.CopyTo(later.Add(prefix.Length));
                while (_control.TryTake(out var block))
                {
                    block.Bytes.Span.CopyTo(later.Add(block.Length));
                    FrameQueue.Return(block);
                }

                _control = later;
            }
        }

        Write(onPool: false);
    }

    /// <summary>Queues a frame that goes before all messages and streams. False when too many wait or the session is over.</summary>
    public bool TryWriteFirst(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        bool writes;
        lock (Gate)
        {
            if (_isCompleted || _control.Length + FrameHeader.Size + payload.Length > MaxQueued)
                return false;

            Fill(_control.Add(FrameHeader.Size + payload.Length), header, payload);
            Frames++;
            writes = Claim(Flush.Now);
        }

        if (writes)
            Write(onPool: false);
        return true;
    }

    /// <summary>
    /// Queues a grant. Its total is read under the gate: of two that are told at the same moment, the later says no less. False when too
    /// many wait or the session is over.
    /// </summary>
    public bool TryWriteGrant(FrameHeader header, IGranting granting)
    {
        bool writes;
        lock (Gate)
        {
            if (_isCompleted || _control.Length + FrameHeader.Size + sizeof(ulong) > MaxQueued)
                return false;

            var frame = _control.Add(FrameHeader.Size + sizeof(ulong));
            header.Write(frame);
            BinaryPrimitives.WriteInt64BigEndian(frame[FrameHeader.Size..], granting.Granted);
            Frames++;
            writes = Claim(Flush.Now);
        }

        if (writes)
            Write(onPool: false);
        return true;
    }

    /// <summary>
    /// Queues a frame among the messages, whether or not there is room: an answer, or a signal that is none. Writes nothing itself, so a
    /// caller may hold a lock.
    /// </summary>
    public Queued QueueInOrder(FrameHeader header, ReadOnlySpan<byte> payload, bool isAnswer)
    {
        int size = FrameHeader.Size + payload.Length;
        lock (Gate)
        {
            int waiting = isAnswer ? _messages.Length - _messages.Signals : _messages.Signals;
            if (_isCompleted || waiting + size > (isAnswer ? MaxMessages + MaxQueued : MaxSignals))
                return Queued.Refused;

            AddMessage(header, payload);
            if (!isAnswer)
                _messages.MarkSignal(size);
            return Claim(Flush.Soon) ? Queued.ToWrite : Queued.Done;
        }
    }

    /// <summary>Under the gate: bytes that were ever added to the messages.</summary>
    public long AddedMessages { get; private set; }

    /// <summary>Under the gate: how many of <see cref="AddedMessages"/> were taken to be written.</summary>
    public long TakenMessages => AddedMessages - _messages.Length;

    /// <summary>Under the gate: room for a frame among the messages, header included, which the caller fills.</summary>
    public Span<byte> AddMessage(int size)
    {
        Frames++;
        AddedMessages += size;
        return _messages.Add(size);
    }

    /// <summary>Under the gate: queues a frame among the messages.</summary>
    public void AddMessage(FrameHeader header, ReadOnlySpan<byte> payload) =>
        Fill(AddMessage(FrameHeader.Size + payload.Length), header, payload);

    /// <summary>Under the gate: <paramref name="outlet"/> has something to send, and waits for its turn.</summary>
    public void Enqueue(Outlet outlet)
    {
        if (outlet.IsQueued || _isCompleted)
            return;
        outlet.IsQueued = true;
        _turns.Enqueue(outlet);
    }

    /// <summary>Under the gate: sees to it that what is queued is written. True: the caller does, by <see cref="WriteClaimed"/> after it left the gate.</summary>
    public bool Claim(Flush flush)
    {
        if (_state == State.Writing)
            return false;
        if (flush == Flush.Now || _messages.Length >= FrameQueue.BlockSize || (flush == Flush.Adaptive && _state == State.Idle && IsAfterPause()))
        {
            _state = State.Writing;
            return true;
        }

        if (_state == State.Idle)
        {
            _state = State.Scheduled;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return false;
    }

    /// <summary>Writes what <see cref="Claim"/> left to the caller.</summary>
    public void WriteClaimed() => Write(onPool: false);

    /// <summary>
    /// Nothing more is queued after <paramref name="last"/>, if there is one; what is queued still goes out, but for what waits for its
    /// turn: its owners fail it.
    /// </summary>
    public void Complete(FrameHeader? last, ReadOnlySpan<byte> payload)
    {
        bool writes = false;
        lock (Gate)
        {
            if (_isCompleted)
                return;

            _isCompleted = true;
            _turns.Clear();
            if (last is { } header)
            {
                AddMessage(header, payload);
                writes = Claim(Flush.Now);
            }
        }

        if (writes)
            Write(onPool: false);
    }

    private bool IsAfterPause()
    {
        long now = Stopwatch.GetTimestamp(), before = _lastClaim;
        _lastClaim = now;
        return now - before > Pause;
    }

    /// <summary>Under the gate: whether something is queued.</summary>
    public bool HasWork => _control.Length > 0 || _messages.Length > 0 || _turns.Count > 0;

    private static void Fill(Span<byte> frame, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        header.Write(frame);
        payload.CopyTo(frame[FrameHeader.Size..]);
    }
}
