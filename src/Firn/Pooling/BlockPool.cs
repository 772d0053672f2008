using System.Buffers;

namespace Firn.Pooling;

/// <summary>
/// Blocks of 16 KiB for what streams have received and nobody has read yet. The shared array pool keeps some 32 of a size for each core,
/// which a single quick stream outgrows.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 16 * 1024;

    private const int MaxKept = 2048;   // 32 MiB

    private static readonly Pool<Block> Blocks = new(() => new Block(), MaxKept);

    private BlockPool()
    {
    }

    public static BlockPool Instance { get; } = new();

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        return Blocks.Rent();
    }

    protected override void Dispose(bool disposing)
    {
        // It lives as long as the process.
    }

    private sealed class Block : IMemoryOwner<byte>
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockSize);

        public Memory<byte> Memory => _bytes;

        public void Dispose() => Blocks.Return(this);
    }
}
