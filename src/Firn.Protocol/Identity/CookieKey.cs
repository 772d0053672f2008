using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>The 256-bit key that a cookie stands for, pinned in memory so that wiping it leaves no copy.</summary>
internal sealed class CookieKey : IDisposable
{
    public const int Length = 32;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
    private bool _isWiped;

    public CookieKey(ReadOnlySpan<byte> bytes, bool isPassphrase)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("A cookie's key has 32 bytes.", nameof(bytes));
        bytes.CopyTo(_bytes);
        IsPassphrase = isPassphrase;
    }

    /// <summary>Whether it was stretched from a passphrase, and thus depends on the cluster as well.</summary>
    public bool IsPassphrase { get; }

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
