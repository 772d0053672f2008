using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Tests.Transports;

/// <summary>Certificates as others than Firn make them: under authorities that nobody here knows.</summary>
internal static class ForeignCertificates
{
    /// <summary>
    /// A leaf under unknown authorities that presents <paramref name="sent"/> certificates: itself and those above it but the root.
    /// </summary>
    public static SslStreamCertificateContext Chain(int sent, params X509Extension[] leafExtensions)
    {
        var (issuer, issuerKey) = Issue("root", null, null, []);
        var others = new X509Certificate2Collection();
        for (int i = 1; i < sent; i++)
        {
            (issuer, issuerKey) = Issue("authority " + i, issuer, issuerKey, []);
            others.Add(issuer);
        }

        var (leaf, key) = Issue("leaf", issuer, issuerKey, leafExtensions);
        return SslStreamCertificateContext.Create(leaf.CopyWithPrivateKey(key), others, offline: true);
    }

    private static (X509Certificate2 Certificate, ECDsa Key) Issue(
        string name, X509Certificate2? issuer, ECDsa? issuerKey, X509Extension[] extensions)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(name != "leaf", false, 0, critical: true));
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);

        var certificate = request.Create(
            issuer?.SubjectName ?? request.SubjectName,
            X509SignatureGenerator.CreateForECDsa(issuerKey ?? key),
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1),
            RandomNumberGenerator.GetBytes(8));
        return (certificate, key);
    }
}
