using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Firn.Protocol;

internal enum HandshakeRole
{
    /// <summary>Who dialled.</summary>
    Initiator,

    /// <summary>Who was dialled.</summary>
    Acceptor,
}

/// <summary>
/// The MAC keys that a cookie, or the code of an invite, gives in one version: one per role, so that no message can be sent back to its author.
/// Wiped on <see cref="Dispose"/>.
/// </summary>
internal sealed class HandshakeKeys : IDisposable
{
    private const int Length = 32;

    private readonly byte[] _initiator = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
    private readonly byte[] _acceptor = GC.AllocateUninitializedArray<byte>(Length, pinned: true);

    /// <summary>HKDF-SHA256 (RFC 5869) without salt; info = label, version as 4 bytes big-endian.</summary>
    public HandshakeKeys(CookieKey cookie, uint version)
        : this(cookie.Bytes, Labels.MacOfInitiator, Labels.MacOfAcceptor, version)
    {
    }

    /// <summary>The same of the code of an invite, under labels that serve for joining alone.</summary>
    public HandshakeKeys(InviteCode code, uint version)
        : this(code.Bytes, Labels.JoinOfInitiator, Labels.JoinOfAcceptor, version)
    {
    }

    private HandshakeKeys(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> ofInitiator, ReadOnlySpan<byte> ofAcceptor, uint version)
    {
        Derive(secret, ofInitiator, version, _initiator);
        Derive(secret, ofAcceptor, version, _acceptor);
    }

    /// <summary>The key for what <paramref name="sender"/> says.</summary>
    public ReadOnlySpan<byte> this[HandshakeRole sender] => sender == HandshakeRole.Initiator ? _initiator : _acceptor;

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_initiator);
        CryptographicOperations.ZeroMemory(_acceptor);
    }

    private static void Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, uint version, Span<byte> key)
    {
        Span<byte> info = stackalloc byte[label.Length + sizeof(uint)];
        label.CopyTo(info);
        BinaryPrimitives.WriteUInt32BigEndian(info[label.Length..], version);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt: [], info);
    }
}
