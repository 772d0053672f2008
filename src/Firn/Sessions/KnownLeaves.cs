using System.Security.Cryptography;
using Firn.Protocol;
using Firn.Transports;

namespace Firn.Sessions;

/// <summary>
/// The one check of a peer's certificate, which remembers the leaves of peers that got in: their two signature checks cost as much as
/// a tenth of a TLS handshake, and a peer that comes back brings the leaf it had. Strangers add nothing to it.
/// </summary>
internal sealed class KnownLeaves
{
    private const int Max = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<Hash, Known> _leaves = [];
    private readonly Queue<Hash> _oldest = [];

    private readonly record struct Hash(UInt128 High, UInt128 Low);

    private sealed record Known(Did Did, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

    /// <summary>Verifies what a peer presented. That it is known spares the signatures, not its validity at <paramref name="now"/>.</summary>
    public LeafCheck Verify(PeerCertificate presented, DateTimeOffset now)
    {
        Known? known = null;
        if (presented.ExtraCertificates == 0)
        {
            lock (_gate)
                _leaves.TryGetValue(HashOf(presented.LeafDer.Span), out known);
        }

        return known is not null && now >= known.NotBefore && now <= known.NotAfter
            ? new LeafCheck(new VerifiedLeaf(known.Did, presented.LeafDer, known.NotBefore, known.NotAfter), CredentialFault.None, "")
            : LeafVerifier.Verify(presented.LeafDer.Span, presented.ExtraCertificates, now);
    }

    /// <summary>The peer with this leaf has proved itself.</summary>
    public void Remember(VerifiedLeaf leaf)
    {
        var hash = HashOf(leaf.Der.Span);
        lock (_gate)
        {
            if (!_leaves.TryAdd(hash, new Known(leaf.Did, leaf.NotBefore, leaf.NotAfter)))
                return;
            _oldest.Enqueue(hash);
            if (_oldest.Count > Max)
                _leaves.Remove(_oldest.Dequeue());
        }
    }

    private static Hash HashOf(ReadOnlySpan<byte> der)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(der, hash);
        return new Hash(BitConverter.ToUInt128(hash), BitConverter.ToUInt128(hash[16..]));
    }
}
