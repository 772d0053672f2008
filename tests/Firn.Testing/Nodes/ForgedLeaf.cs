using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Testing;

/// <summary>Leaves that no node issues, each wrong in one way.</summary>
internal static class ForgedLeaf
{
    /// <summary>The ways, with a part of what is said of each.</summary>
    public static readonly IReadOnlyDictionary<string, string> Kinds = new Dictionary<string, string>
    {
        ["signed by somebody else"] = "is not signed by it",
        ["expired"] = "the clock here says",
        ["not yet valid"] = "one of the two clocks is wrong",
        ["P-384"] = "is not a P-256 key",
        ["identity itself"] = "holds the identity key itself",
    };

    public static LeafCredential Make(string kind)
    {
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(kind == "P-384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256);
        var (did, now) = (LeafProfile.DidOf(identity), DateTimeOffset.UtcNow);
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        return kind switch
        {
            "signed by somebody else" => new(did, Sign(did, other, Request(key)), key),
            "expired" => new(did, CredentialIssuer.IssueLeaf(identity, key, serial, now - TimeSpan.FromDays(8)), key),
            "not yet valid" => new(did, CredentialIssuer.IssueLeaf(identity, key, serial, now + TimeSpan.FromDays(2)), key),
            "P-384" => new(did, Sign(did, identity, Request(key)), key),
            "identity itself" => new(did, CredentialIssuer.IssueLeaf(identity, identity, serial, now), identity),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such leaf."),
        };
    }

    /// <summary>A leaf that names <paramref name="claimed"/> and is signed by <paramref name="signer"/>.</summary>
    public static byte[] Sign(Did claimed, ECDsa signer, CertificateRequest request)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        P256Point.TryDecompress(claimed.Point, out var point);
        writer.WriteOctetString(P256Point.Write(point));
        request.CertificateExtensions.Add(new X509Extension(LeafProfile.IdentityOid, writer.Encode(), critical: false));
        using var certificate = request.Create(
            LeafProfile.Issuer(claimed), X509SignatureGenerator.CreateForECDsa(signer),
            DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return certificate.RawData;
    }

    private static CertificateRequest Request(ECDsa key) => new("CN=firn leaf", key, HashAlgorithmName.SHA256);
}
