using System.Buffers;

namespace Firn.Serialization;

/// <summary>Bytes in an array of the pool, until disposed: exactly as many as were asked for, unlike those of a memory pool.</summary>
internal sealed class PooledBytes(int length) : IMemoryOwner<byte>
{
    private byte[]? _array = ArrayPool<byte>.Shared.Rent(length);

    public Memory<byte> Memory => (_array ?? throw new ObjectDisposedException(nameof(IMemoryOwner<byte>))).AsMemory(0, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
            ArrayPool<byte>.Shared.Return(array);
    }
}
