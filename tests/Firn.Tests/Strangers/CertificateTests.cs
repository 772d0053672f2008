using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firn.Protocol;
using Firn.Protocol.Wire;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

/// <summary>What a node does with the certificates of strangers who have reached it over real TLS.</summary>
public sealed class CertificateTests : NodeFixture
{
    [Theory]
    [InlineData("none", "no certificate")]
    [InlineData("other authority", "names no identity key")]
    [InlineData("two", "presented 2 certificates")]
    [InlineData("RSA", "is not a P-256 key")]
    public async Task A_wrong_certificate_is_explained_here_and_nowhere_else(string which, string sentence)
    {
        var a = await StartAsync("a");
        await using var tls = await RawTls.DialAsync(a.Address, RawTls.ClientOptions(Certificates(which)));

        var answer = await tls.ReadUntilOverAsync();

        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        refused.Message.ShouldContain(sentence);
        answer.ShouldBe(HandshakeMachine.RefuseLeaf());   // the same bytes for every one of them, and no Challenge before
        var refusal = Refusal.Parser.ParseFrom(answer.AsSpan(HandshakeMessage.HeaderLength));
        refusal.ShouldBe(new Refusal { Reason = RefusalReason.AuthenticationFailed });
        a.Node.Peers.ShouldBeEmpty();
    }

    /// <summary>The other role, with the same check: whoever is dialled is no more trusted than whoever dials.</summary>
    [Theory]
    [InlineData("other authority", "names no identity key")]
    [InlineData("two", "presented 2 certificates")]
    [InlineData("RSA", "is not a P-256 key")]
    public async Task A_dialler_proves_nothing_to_a_wrong_certificate(string which, string sentence)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var a = await StartAsync("a");
        var dialling = DialFailureAsync(a, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await using var tls = new SslStream((await listener.AcceptTcpClientAsync().WaitAsync(EventLog.Ceiling)).GetStream());
        await tls.AuthenticateAsServerAsync(RawTls.ServerOptions(Certificates(which)!)).WaitAsync(EventLog.Ceiling);
        using var somebody = new Rogue();
        await tls.WriteAsync(somebody.Challenge());

        var answer = await tls.ReadUntilOverAsync();

        var error = await dialling;
        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        error.Message.ShouldContain(sentence);
        answer.ShouldBe(HandshakeMachine.RefuseLeaf());
    }

    [Fact]
    public async Task A_good_certificate_gets_a_challenge()
    {
        var a = await StartAsync("a");
        await using var tls = await RawTls.DialAsync(a.Address, RawTls.ClientOptions(Certificates("good")));

        (await new Firn.Sessions.HandshakeStream(tls).ReceiveAsync(default).WaitAsync(EventLog.Ceiling))[0].ShouldBe((byte)HandshakeMessageType.Challenge);
    }

    private static SslStreamCertificateContext? Certificates(string which)
    {
        var now = DateTimeOffset.UtcNow;
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        switch (which)
        {
            case "none":
                return null;
            case "other authority":
                return Transports.ForeignCertificates.Chain(1);
            case "good":
                return Context(CredentialIssuer.IssueLeaf(identity, leafKey, serial, now), leafKey);
            case "two":
                return Context(CredentialIssuer.IssueLeaf(identity, leafKey, serial, now), leafKey, Intermediate(identity, other));
            default:
                using (var rsa = RSA.Create(2048))
                {
                    var request = new CertificateRequest("CN=firn leaf", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                    using var bare = X509CertificateLoader.LoadCertificate(ForgedLeaf.Sign(LeafProfile.DidOf(identity), identity, request));
                    return SslStreamCertificateContext.Create(bare.CopyWithPrivateKey(rsa), additionalCertificates: [], offline: true);
                }
        }
    }

    /// <summary>A certificate of the identity under a further authority: unlike a self-signed one, it is sent along.</summary>
    private static X509Certificate2 Intermediate(ECDsa identity, ECDsa authority)
    {
        var request = new CertificateRequest(LeafProfile.Issuer(LeafProfile.DidOf(identity)), identity, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509SubjectKeyIdentifierExtension(new PublicKey(identity), X509SubjectKeyIdentifierHashAlgorithm.ShortSha256, critical: false));
        return request.Create(
            new X500DistinguishedName("CN=authority"), X509SignatureGenerator.CreateForECDsa(authority),
            DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(16));
    }

    private static SslStreamCertificateContext Context(byte[] der, ECDsa key, params X509Certificate2[] others)
    {
        using var bare = X509CertificateLoader.LoadCertificate(der);
        return SslStreamCertificateContext.Create(bare.CopyWithPrivateKey(key), [.. others], offline: true);
    }
}
