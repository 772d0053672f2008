using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Firn.Identity;

namespace Firn.Transports;

/// <summary>The settings of TLS, the same for both roles and every transport.</summary>
internal static class TlsOptions
{
    public static readonly SslApplicationProtocol Protocol = new("firn/1");

    public static SslClientAuthenticationOptions ForInitiator(LeafCredential local, RemoteCertificateValidationCallback record) => new()
    {
        TargetHost = "",   // whom one dials is no business of the wire; who answers is told by its leaf
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = [Protocol],
        ClientCertificateContext = local.Context,
        CertificateChainPolicy = NoChain(),
        RemoteCertificateValidationCallback = record,
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    public static SslServerAuthenticationOptions ForAcceptor(LeafCredential local, RemoteCertificateValidationCallback record) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = [Protocol],
        ServerCertificateContext = local.Context,
        ClientCertificateRequired = true,
        CertificateChainPolicy = NoChain(),
        RemoteCertificateValidationCallback = record,
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    /// <summary>
    /// SslStream insists on building a chain: nothing is to be found, and above all nothing fetched, since the URLs to fetch from
    /// are a stranger's (authority information access, RFC 5280, section 4.2.2.1).
    /// </summary>
    private static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}

/// <summary>Notes what the other end presents, and lets it pass: the handshake verifies it, in one place for both roles.</summary>
internal sealed class PresentedCertificates(bool isInitiator, bool isQuic = false)
{
    public PeerCertificate Seen { get; private set; }

    public bool Record(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return true;

        var leaf = certificate.GetRawCertData();
        var store = chain?.ChainPolicy.ExtraStore;
        int count = store?.Count ?? 0;

        // The store holds all that came, but OpenSSL gives a server only what came after the leaf (SSL_get_peer_cert_chain(3)), except in QUIC.
        bool holdsLeaf = isQuic || isInitiator || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();
        if (holdsLeaf && store!.Any(other => other.RawDataMemory.Span.SequenceEqual(leaf)))
            count--;
        Seen = new PeerCertificate(leaf, count);
        return true;
    }
}
