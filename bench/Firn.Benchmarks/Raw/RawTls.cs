using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Benchmarks;

/// <summary>
/// Mutual TLS 1.3 as one would write it who wants it both safe and quick: P-256 certificates of one private authority, each end
/// checked by the other against that authority alone, one certificate context per process, no resumption, no downloads. The
/// unchecked form, in which either end takes whatever it is shown, is the quickest that SslStream can be, and proves nothing.
/// </summary>
internal static class RawTls
{
    private const string Name = "raw.bench";

    /// <summary>The environment variable with which a process that this one starts is given the same authority.</summary>
    public const string AuthorityVariable = "FIRN_BENCH_AUTHORITY";

    private static readonly X509Certificate2 Authority = LoadAuthority();
    private static readonly SslStreamCertificateContext Context = SslStreamCertificateContext.Create(Leaf(), [], offline: true);

    /// <summary>The authority as PKCS#12 in Base64.</summary>
    public static string AuthorityText { get; } = Convert.ToBase64String(Authority.Export(X509ContentType.Pkcs12));

    /// <summary>Options that serve any number of connections.</summary>
    public static SslClientAuthenticationOptions Client(bool isChecked) => new()
    {
        TargetHost = Name,
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateContext = Context,
        CertificateChainPolicy = Policy(isChecked),
        RemoteCertificateValidationCallback = isChecked ? null : TakeAny,
        AllowTlsResume = false,
    };

    /// <summary>Options that serve any number of connections.</summary>
    public static SslServerAuthenticationOptions Server(bool isChecked) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        ServerCertificateContext = Context,
        ClientCertificateRequired = true,
        CertificateChainPolicy = Policy(isChecked),
        RemoteCertificateValidationCallback = isChecked ? null : TakeAny,
        AllowTlsResume = false,
    };

    private static bool TakeAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate is not null;

    private static X509ChainPolicy Policy(bool isChecked)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        if (isChecked)
            policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(Authority.RawData));
        return policy;
    }

    private static X509Certificate2 LoadAuthority()
    {
        if (Environment.GetEnvironmentVariable(AuthorityVariable) is { } inherited)
            return X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(inherited), password: null, X509KeyStorageFlags.Exportable);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=bench authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddDays(8));
    }

    private static X509Certificate2 Leaf()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        names.AddIpAddress(IPAddress.Loopback);   // HTTP clients expect the host that they dial
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));   // serverAuth, clientAuth
        using var bare = request.Create(
            Authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(7), RandomNumberGenerator.GetBytes(16));
        using var certificate = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
