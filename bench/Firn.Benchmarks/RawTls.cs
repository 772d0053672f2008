using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Benchmarks;

/// <summary>
/// Mutual TLS 1.3 as quick as SslStream can do it: one certificate context per process, no resumption, a chain policy that looks
/// nothing up, and a callback that accepts whatever was presented. It does less than any real use would: nobody checks who is there.
/// </summary>
internal static class RawTls
{
    private static readonly SslStreamCertificateContext Context = SslStreamCertificateContext.Create(Certificate(), [], offline: true);

    public static SslClientAuthenticationOptions Client { get; } = new()
    {
        TargetHost = "",
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateContext = Context,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = Accept,
        AllowTlsResume = false,
    };

    public static SslServerAuthenticationOptions Server { get; } = new()
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        ServerCertificateContext = Context,
        ClientCertificateRequired = true,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = Accept,
        AllowTlsResume = false,
    };

    private static bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate is not null;

    private static X509ChainPolicy Policy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=raw", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(7));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
