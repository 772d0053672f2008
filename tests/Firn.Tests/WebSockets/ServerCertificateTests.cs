using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firn.AspNetCore;
using Firn.Testing;
using Firn.Tests.Identity;

namespace Firn.Tests.WebSockets;

public sealed class ServerCertificateTests : WebSocketNodeFixture
{
    [Fact]
    public async Task A_certificate_of_PEM_files_is_served_and_read_again_when_it_changes()
    {
        using var directory = new TemporaryDirectory();
        string cert = Path.Combine(directory.Path, "cert.pem"), key = Path.Combine(directory.Path, "key.pem");
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);
        string first = WriteCertificate(cert, key);
        using var certificate = ServerCertificate.Open(cert, key, new NodeOptions { TimeProvider = time });
        (await ServedAsync(certificate)).ShouldBe(first);

        string second = WriteCertificate(cert, key);
        File.SetLastWriteTimeUtc(cert, DateTime.UtcNow.AddMinutes(1));
        (await ServedAsync(certificate)).ShouldBe(first);
        time.Advance(TimeSpan.FromMinutes(1));
        (await ServedAsync(certificate)).ShouldBe(second);

        await File.WriteAllTextAsync(cert, "half writt");
        time.Advance(TimeSpan.FromMinutes(1));
        (await ServedAsync(certificate)).ShouldBe(second);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_stops_the_node_with_its_file()
    {
        var error = await Should.ThrowAsync<FirnException>(() => ServeAsync("b", "wss", o => o.ServeWebSockets("/no/such/cert.pem")));

        error.Reason.ShouldBe(FailureReason.InvalidInput);
        error.Message.ShouldContain("/no/such/cert.pem");
    }

    private static async Task<string> ServedAsync(ServerCertificate certificate)
    {
        var options = await certificate.Options.OnConnection(null!);
        return options.ServerCertificateContext!.TargetCertificate.Thumbprint;
    }

    private static string WriteCertificate(string cert, string key)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=test", ecdsa, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(cert, made.ExportCertificatePem());
        File.WriteAllText(key, ecdsa.ExportPkcs8PrivateKeyPem());
        return made.Thumbprint;
    }
}
