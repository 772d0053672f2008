using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>The 128 random bits that an invite's joiner proves, pinned in memory so that wiping them leaves no copy.</summary>
internal sealed class InviteCode : IDisposable
{
    public const int Length = 16;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
    private bool _isWiped;

    public InviteCode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("The code of an invite has 16 bytes.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <exception cref="ObjectDisposedException">It was wiped: zeros must never stand in for a code.</exception>
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
