using System.Security.Cryptography;

using Firn.Protocol;
using Firn.Testing;

namespace Firn.Interop.Tests;

/// <summary>A live node as OpenSSL sees it.</summary>
public sealed class OpensslTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly NodeHome _home = new();
    private FirnNode _node = null!;

    public async Task InitializeAsync() => _node = await _home.UpAsync("--name", "node");

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync() => await _home.DisposeAsync();

    [ToolFact("openssl")]
    public async Task It_speaks_TLS_1_3_and_agrees_on_firn()
    {
        CommandResult client = await ConnectAsync("-alpn", "firn/1");

        client.Output.ShouldContain("New, TLSv1.3,");
        client.Output.ShouldContain("ALPN protocol: firn/1");
    }

    [ToolFact("openssl")]
    public async Task It_refuses_TLS_1_2()
    {
        CommandResult client = await ConnectAsync("-alpn", "firn/1", "-tls1_2");

        client.ExitCode.ShouldNotBe(0);
        client.Errors.ShouldContain("alert protocol version");
        await ShouldHaveRefusedAsync();
    }

    [ToolFact("openssl")]
    public async Task It_refuses_who_wants_another_protocol_and_who_wants_none()
    {
        CommandResult other = await ConnectAsync("-alpn", "h2");
        other.ExitCode.ShouldNotBe(0);
        other.Errors.ShouldContain("alert no application protocol");

        await ConnectAsync();
        await _node.SeesAsync("refused", after: await _node.SeesAsync("refused"));
        await ShouldHaveRefusedAsync();
    }

    [ToolFact("openssl")]
    public async Task A_connection_verifies_with_what_firn_id_cert_prints_and_with_that_of_no_other_node()
    {
        await _home.RunAsync("id", "init", "--name", "another");

        CommandResult own = await ConnectAsync("-alpn", "firn/1", "-verify_return_error", "-CAfile", await CertificateAsync("node"));
        CommandResult other = await ConnectAsync("-alpn", "firn/1", "-verify_return_error", "-CAfile", await CertificateAsync("another"));

        own.ExitCode.ShouldBe(0, own.Errors);
        own.Output.ShouldContain("Verify return code: 0 (ok)");
        other.ExitCode.ShouldNotBe(0);
    }

    [ToolFact("openssl")]
    public async Task Stock_verification_accepts_the_leaf_under_the_identity_certificate_and_under_no_other()
    {
        CommandResult client = await ConnectAsync("-alpn", "firn/1", "-showcerts");
        string leaf = Path.Combine(_home.Directory, "leaf.pem");
        await File.WriteAllTextAsync(leaf, client.Output[client.Output.IndexOf("-----BEGIN CERTIFICATE", StringComparison.Ordinal)..]);
        using ECDsa own = ReadIdentity(), another = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        CommandResult verified = await VerifyAsync(own, leaf);
        verified.ExitCode.ShouldBe(0, verified.Errors);
        verified.Output.ShouldEndWith("leaf.pem: OK");

        (await VerifyAsync(another, leaf)).ExitCode.ShouldNotBe(0);
    }

    private async Task ShouldHaveRefusedAsync() =>
        (await _node.SeesAsync("refused")).Json().GetProperty("reason").GetString().ShouldBe("notFirn");

    private Task<CommandResult> ConnectAsync(params string[] options) =>
        ChildProcess.RunAsync("openssl", ["s_client", "-connect", _node.Address, .. options]);

    /// <summary>While the node runs, which it does not disturb.</summary>
    private async Task<string> CertificateAsync(string name)
    {
        CommandResult printed = await _home.RunAsync("id", "cert", "--name", name);
        printed.ExitCode.ShouldBe(0, printed.Errors);
        string path = Path.Combine(_home.Directory, $"{name}.pem");
        await File.WriteAllTextAsync(path, printed.Output);
        return path;
    }

    private ECDsa ReadIdentity()
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Directory.GetFiles(_home.Directory, "identity.pem", SearchOption.AllDirectories).Single()));
        return key;
    }

    private async Task<CommandResult> VerifyAsync(ECDsa identity, string leaf)
    {
        byte[] certificate = CredentialIssuer.IssueIdentityCertificate(identity, RandomNumberGenerator.GetBytes(16), DateTimeOffset.UtcNow);
        string path = Path.Combine(_home.Directory, "identity-certificate.pem");
        await File.WriteAllTextAsync(path, PemEncoding.WriteString("CERTIFICATE", certificate));
        return await ChildProcess.RunAsync("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", path, leaf]);
    }
}
