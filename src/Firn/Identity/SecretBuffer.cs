using System.Buffers;
using System.Security.Cryptography;

namespace Firn.Identity;

/// <summary>Bytes that the garbage collector does not move, and that are wiped on <see cref="Dispose"/>: nothing of them stays behind.</summary>
internal sealed class SecretBuffer : IBufferWriter<byte>, IDisposable
{
    private readonly byte[] _bytes;
    private int _length;

    public SecretBuffer(int capacity) => _bytes = GC.AllocateArray<byte>(capacity, pinned: true);

    /// <summary>Takes over an array that is pinned already.</summary>
    public SecretBuffer(byte[] pinned) => (_bytes, _length) = (pinned, pinned.Length);

    /// <summary>All of its room, to write into.</summary>
    public Span<byte> Room => _bytes;

    /// <summary>How much of the room is the secret.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than all of it.</exception>
    public int Length
    {
        get => _length;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)_bytes.Length, nameof(value));
            _length = value;
        }
    }

    /// <summary>The secret.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>What was written into <see cref="GetSpan"/> is part of the secret; the room does not grow.</summary>
    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(_length);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(_length);

    /// <summary>Room that the garbage collector does not move, so that wiping it leaves no copy behind.</summary>
    public static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    /// <summary>A copy that the garbage collector does not move, so that wiping it leaves no other behind.</summary>
    public static byte[] Pinned(ReadOnlySpan<byte> content)
    {
        var bytes = Pinned(content.Length);
        content.CopyTo(bytes);
        return bytes;
    }

    /// <summary>Wipes it.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _length = 0;
    }
}
