using System.Buffers;

namespace Firn.Sessions;

/// <summary>Whole frames in the order in which they go out, in pooled blocks that are written as they are. Empty, it holds no memory.</summary>
internal struct FrameQueue()
{
    /// <summary>Bytes of a block: four TLS records.</summary>
    public const int BlockSize = 64 * 1024;

    private readonly Queue<Block> _full = new(0);
    private byte[]? _last;
    private int _lastLength;
    private int _lastSignals;

    /// <summary>Some frames, ready to be written.</summary>
    public readonly record struct Block(byte[] Buffer, int Length, int Signals = 0)
    {
        public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);
    }

    /// <summary>Bytes of all frames in it.</summary>
    public int Length { get; private set; }

    /// <summary>How many of them are of frames that <see cref="MarkSignal"/> was told of.</summary>
    public int Signals { get; private set; }

    /// <summary>Room for one more frame of <paramref name="size"/> bytes, which the caller fills.</summary>
    public Span<byte> Add(int size)
    {
        if (_last is null || _last.Length - _lastLength < size)
            Extend(size);

        var frame = _last.AsSpan(_lastLength, size);
        _lastLength += size;
        Length += size;
        return frame;
    }

    /// <summary>The frame that was added last, of <paramref name="size"/> bytes, is one of those that <see cref="Signals"/> counts.</summary>
    public void MarkSignal(int size)
    {
        _lastSignals += size;
        Signals += size;
    }

    /// <summary>Takes the oldest block, to be given back with <see cref="Return"/>; false when there is none.</summary>
    public bool TryTake(out Block block)
    {
        if (!_full.TryDequeue(out block))
        {
            if (_last is null)
                return false;
            block = CloseLast(_last);
        }

        Length -= block.Length;
        Signals -= block.Signals;
        return true;
    }

    /// <summary>The block was written.</summary>
    public static void Return(Block block) => ArrayPool<byte>.Shared.Return(block.Buffer);

    // The first block is small: most sessions send a frame now and then.
    private void Extend(int size)
    {
        bool isFirst = _last is null && _full.Count == 0;
        if (_last is not null)
            _full.Enqueue(CloseLast(_last));
        _last = ArrayPool<byte>.Shared.Rent(isFirst && size <= FirstBlock ? FirstBlock : Math.Max(BlockSize, size));
    }

    private Block CloseLast(byte[] last)
    {
        var block = new Block(last, _lastLength, _lastSignals);
        (_last, _lastLength, _lastSignals) = (null, 0, 0);
        return block;
    }

    private const int FirstBlock = 256;
}
