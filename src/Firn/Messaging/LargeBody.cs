using System.Buffers;

namespace Firn.Messaging;

/// <summary>The body of a message that came in several frames.</summary>
/// <param name="Buffer">From the pool.</param>
/// <param name="Length">Bytes of the body.</param>
/// <param name="Reserved">What was reserved for it.</param>
internal readonly record struct LargeBody(byte[] Buffer, int Length, long Reserved)
{
    public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);

    /// <summary>It is no longer needed.</summary>
    public void Return(InChannel channel)
    {
        ArrayPool<byte>.Shared.Return(Buffer);
        channel.ReturnReserved(Reserved);
    }
}
