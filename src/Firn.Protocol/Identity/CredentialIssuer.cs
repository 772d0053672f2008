using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Protocol;

/// <summary>Makes the certificates of a node, in DER (RFC 5280). A serial number is 8 to 20 random bytes.</summary>
internal static class CredentialIssuer
{
    private static readonly TimeSpan IdentityValidity = TimeSpan.FromDays(3650);

    /// <summary>
    /// The certificate of <paramref name="leafKey"/> under <paramref name="identity"/>, for both ends of TLS, valid from an hour
    /// before <paramref name="now"/> until <paramref name="validity"/> (7 days unless given) after it.
    /// </summary>
    public static byte[] IssueLeaf(
        ECDsa identity, ECDsa leafKey, ReadOnlySpan<byte> serial, DateTimeOffset now, TimeSpan? validity = null)
    {
        var lifetime = validity ?? LeafProfile.DefaultValidity;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime + LeafProfile.ClockSkew, LeafProfile.MaxValidity, nameof(validity));

        var issuer = LeafProfile.DidOf(identity);
        var request = new CertificateRequest("CN=firn leaf", leafKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));   // serverAuth, clientAuth
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(KeyIdentifier(identity)));
        request.CertificateExtensions.Add(new X509Extension(LeafProfile.IdentityOid, OctetString(P256Point.Write(identity.ExportParameters(false).Q)), critical: false));
        return Sign(request, identity, issuer, serial, now, lifetime);
    }

    /// <summary>
    /// The self-signed certificate of <paramref name="identity"/>, valid for ten years: for tools that verify leaves by a chain.
    /// </summary>
    public static byte[] IssueIdentityCertificate(ECDsa identity, ReadOnlySpan<byte> serial, DateTimeOffset now)
    {
        var subject = LeafProfile.DidOf(identity);
        var request = new CertificateRequest(LeafProfile.Issuer(subject), identity, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(KeyIdentifier(identity));
        return Sign(request, identity, subject, serial, now, IdentityValidity);
    }

    private static byte[] Sign(
        CertificateRequest request, ECDsa identity, Did issuer, ReadOnlySpan<byte> serial, DateTimeOffset now, TimeSpan validity)
    {
        if (serial.Length is < 8 or > 20)
            throw new ArgumentException("A serial number has 8 to 20 random bytes.", nameof(serial));
        Span<byte> positive = stackalloc byte[20];
        serial.CopyTo(positive);
        positive[0] = (byte)(positive[0] & 0x3f | 0x40);   // positive, and of the same length always

        using var certificate = request.Create(
            LeafProfile.Issuer(issuer),
            X509SignatureGenerator.CreateForECDsa(identity),
            now - LeafProfile.ClockSkew,
            now + validity,
            positive[..serial.Length]);
        return certificate.RawData;
    }

    private static X509SubjectKeyIdentifierExtension KeyIdentifier(ECDsa key) =>
        new(new PublicKey(key), X509SubjectKeyIdentifierHashAlgorithm.ShortSha256, critical: false);

    private static byte[] OctetString(ReadOnlySpan<byte> content)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(content);
        return writer.Encode();
    }
}
