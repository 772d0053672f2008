using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Identity;

/// <summary>
/// A leaf with its private key, ready for TLS. Never disposed: sessions go on under the leaf they were made with after it was
/// renewed, and the last of them lets it go.
/// </summary>
internal sealed class LeafCredential
{
    /// <summary>The credential of <paramref name="der"/>, a leaf of <paramref name="did"/> whose key is <paramref name="key"/>.</summary>
    public LeafCredential(Did did, byte[] der, ECDsa key)
    {
        using var bare = X509CertificateLoader.LoadCertificate(der);
        var certificate = bare.CopyWithPrivateKey(key);
        if (OperatingSystem.IsWindows())
            certificate = WithPersistedKey(certificate);

        (Did, Der, NotAfter) = (did, der, new DateTimeOffset(certificate.NotAfter));

        // Once per leaf, not per connection; offline: no look-up of an issuer or of its revocation.
        Context = SslStreamCertificateContext.Create(certificate, additionalCertificates: [], offline: true);
    }

    /// <summary>Whose leaf it is.</summary>
    public Did Did { get; }

    /// <summary>The certificate as it goes over the wire.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    public DateTimeOffset NotAfter { get; }

    /// <summary>For SslStream, in both roles.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Windows' TLS lives in another process and does not see a key that only this one holds.</summary>
    private static X509Certificate2 WithPersistedKey(X509Certificate2 ephemeral)
    {
        using (ephemeral)
            return X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), password: null);
    }
}
