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

    /// <summary>Some frames, ready to be written.</summary>
    public readonly record struct Block(byte[] Buffer, int Length)
    {
        public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);
    }

    /// <summary>Bytes of all frames in it.</summary>
    public int Length { get; private set; }

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

    /// <summary>Takes the oldest block, to be given back with <see cref="Return"/>; false when there is none.</summary>
    public bool TryTake(out Block block)
    {
        if (!_full.TryDequeue(out block))
        {
            if (_last is null)
                return false;
            (block, _last, _lastLength) = (new Block(_last, _lastLength), null, 0);
        }

        Length -= block.Length;
        return true;
    }

    /// <summary>The block was written.</summary>
    public static void Return(Block block) => ArrayPool<byte>.Shared.Return(block.Buffer);

    // The first block is small: most sessions send a frame now and then.
    private void Extend(int size)
    {
        bool isFirst = _last is null && _full.Count == 0;
        if (_last is not null)
            _full.Enqueue(new Block(_last, _lastLength));
        _last = ArrayPool<byte>.Shared.Rent(isFirst && size <= FirstBlock ? FirstBlock : Math.Max(BlockSize, size));
        _lastLength = 0;
    }

    private const int FirstBlock = 256;
}
