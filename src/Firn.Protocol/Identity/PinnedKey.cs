using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>The bytes of a secret key, pinned in memory so that wiping them leaves no copy.</summary>
internal abstract class PinnedKey : IDisposable
{
    private readonly byte[] _bytes;
    private bool _isWiped;

    /// <exception cref="ArgumentException">Not <paramref name="length"/> bytes.</exception>
    protected PinnedKey(ReadOnlySpan<byte> bytes, int length)
    {
        if (bytes.Length != length)
            throw new ArgumentException($"It has {bytes.Length} bytes: expected {length}.", nameof(bytes));
        _bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        bytes.CopyTo(_bytes);
    }

    /// <exception cref="ObjectDisposedException">It was wiped: zeros must never stand in for a key.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isWiped, this);
            return _bytes;
        }
    }

    public void Dispose()
    {
        _isWiped = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
