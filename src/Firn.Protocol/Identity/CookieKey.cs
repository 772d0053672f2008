using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>The 256-bit key that a cookie stands for, pinned in memory so that wiping it leaves no copy.</summary>
internal sealed class CookieKey : IDisposable
{
    public const int Length = 32;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Length, pinned: true);

    public CookieKey(ReadOnlySpan<byte> bytes, bool isPassphrase)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("A cookie's key has 32 bytes.", nameof(bytes));
        bytes.CopyTo(_bytes);
        IsPassphrase = isPassphrase;
    }

    /// <summary>Whether it was stretched from a passphrase, and thus depends on the cluster as well.</summary>
    public bool IsPassphrase { get; }

    public ReadOnlySpan<byte> Bytes => _bytes;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
