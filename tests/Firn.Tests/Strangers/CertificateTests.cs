using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
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
    public static TheoryData<string, string> Refusals => new()
    {
        { "none", "no certificate" },
        { "other authority", "names no identity key" },
        { "signed by somebody else", "is not signed by it" },
        { "two", "presented 2 certificates" },
        { "expired", "the clock here says" },
        { "not yet valid", "one of the two clocks is wrong" },
        { "P-384", "is not a P-256 key" },
        { "RSA", "is not a P-256 key" },
        { "identity itself", "holds the identity key itself" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_wrong_certificate_is_explained_here_and_nowhere_else(string which, string sentence)
    {
        var a = await StartAsync("a");
        await using var tls = await RawTls.DialAsync(a.Address, RawTls.ClientOptions(Certificates(which)));

        var answer = await RawTls.ReadToEndAsync(tls);

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
    [InlineData("signed by somebody else", "is not signed by it")]
    [InlineData("two", "presented 2 certificates")]
    [InlineData("expired", "the clock here says")]
    [InlineData("not yet valid", "one of the two clocks is wrong")]
    [InlineData("P-384", "is not a P-256 key")]
    [InlineData("RSA", "is not a P-256 key")]
    public async Task A_dialler_proves_nothing_to_a_wrong_certificate(string which, string sentence)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var a = await StartAsync("a");
        var dialling = DialFailureAsync(a, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await using var tls = new SslStream((await listener.AcceptTcpClientAsync().WaitAsync(EventLog.Ceiling)).GetStream());
        await tls.AuthenticateAsServerAsync(RawTls.ServerOptions(Certificates(which)!)).WaitAsync(EventLog.Ceiling);
        await tls.WriteAsync(Challenge());

        var answer = await RawTls.ReadToEndAsync(tls);

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

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, false)]
    public async Task Older_TLS_and_a_missing_protocol_are_refused(SslProtocols version, bool withProtocol)
    {
        var a = await StartAsync("a");
        var options = RawTls.ClientOptions(Certificates("good"));
        options.EnabledSslProtocols = version;
        if (!withProtocol)
            options.ApplicationProtocols = null;

        try
        {
            await using var tls = await RawTls.DialAsync(a.Address, options);
            (await RawTls.ReadToEndAsync(tls)).ShouldBeEmpty();
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // It learnt it during TLS.
        }

        (await a.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.NotFirn);
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
            case "expired":
                return Context(CredentialIssuer.IssueLeaf(identity, leafKey, serial, now - TimeSpan.FromDays(8)), leafKey);
            case "not yet valid":
                return Context(CredentialIssuer.IssueLeaf(identity, leafKey, serial, now + TimeSpan.FromDays(2)), leafKey);
            case "signed by somebody else":
                return Context(Leaf(LeafProfile.DidOf(identity), other, new CertificateRequest("CN=firn leaf", leafKey, HashAlgorithmName.SHA256)), leafKey);
            case "identity itself":
                return Context(CredentialIssuer.IssueLeaf(identity, identity, serial, now), identity);
            case "P-384":
                using (var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384))
                    return Context(Leaf(LeafProfile.DidOf(identity), identity, new CertificateRequest("CN=firn leaf", p384, HashAlgorithmName.SHA256)), p384);
            default:
                using (var rsa = RSA.Create(2048))
                {
                    var request = new CertificateRequest("CN=firn leaf", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                    using var bare = X509CertificateLoader.LoadCertificate(Leaf(LeafProfile.DidOf(identity), identity, request));
                    return SslStreamCertificateContext.Create(bare.CopyWithPrivateKey(rsa), additionalCertificates: [], offline: true);
                }
        }
    }

    private static byte[] Challenge()
    {
        using var somebody = new Rogue();
        var leaf = LeafVerifier.Verify(somebody.Leaf.Der.Span, 0, DateTimeOffset.UtcNow).Leaf!;
        using var machine = new HandshakeAcceptor(somebody.Context, somebody.Leaf.Der, leaf, RandomNumberGenerator.GetBytes(32));
        return machine.Challenge();
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

    /// <summary>A leaf that names <paramref name="claimed"/> and is signed by <paramref name="signer"/>.</summary>
    private static byte[] Leaf(Did claimed, ECDsa signer, CertificateRequest request)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        P256Point.TryDecompress(claimed.Point, out var point);
        writer.WriteOctetString(P256Point.Write(point));
        request.CertificateExtensions.Add(new X509Extension(LeafProfile.IdentityOid, writer.Encode(), critical: false));
        using var certificate = request.Create(
            LeafProfile.Issuer(claimed), X509SignatureGenerator.CreateForECDsa(signer),
            DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return certificate.RawData;
    }

    private static SslStreamCertificateContext Context(byte[] der, ECDsa key, params X509Certificate2[] others)
    {
        using var bare = X509CertificateLoader.LoadCertificate(der);
        return SslStreamCertificateContext.Create(bare.CopyWithPrivateKey(key), [.. others], offline: true);
    }
}
