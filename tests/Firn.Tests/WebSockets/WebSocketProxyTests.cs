using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.WebSockets;

/// <summary>Dials through the proxies that an environment names.</summary>
public sealed class WebSocketProxyTests : WebSocketNodeFixture
{
    private static readonly NetworkCredential Alice = new("alice", "p@ss:word");

    [Theory]
    [InlineData("ws", "HTTP_PROXY", "http", "CONNECT")]
    [InlineData("wss", "https_proxy", "http", "CONNECT")]
    [InlineData("ws", "all_proxy", "socks5", "SOCKS")]
    [InlineData("wss", "ALL_PROXY", "socks5h", "SOCKS")]
    public async Task Nodes_meet_through_a_proxy_with_credentials_and_without(string scheme, string variable, string kind, string verb)
    {
        await using var open = new ProxyServer();
        await using var guarded = new ProxyServer { Credential = Alice };
        var b = await ServeAsync("b", scheme);
        var a1 = await DiallerAsync("a1", o => o.Proxy = Through(variable, $"{kind}://127.0.0.1:{open.Port}"));
        var a2 = await DiallerAsync("a2", o => o.Proxy = Through(variable, $"{kind}://alice:p%40ss:word@127.0.0.1:{guarded.Port}"));
        string address = $"{scheme}://node.example:{b.Address.Port}";

        var peer = await a1.Node.ConnectAsync(address).WaitAsync(EventLog.Ceiling);
        await a2.Node.ConnectAsync(address).WaitAsync(EventLog.Ceiling);

        peer.Address.ToString().ShouldBe(address);
        open.Asked.ShouldBe([$"{verb} node.example:{b.Address.Port}"]);
        guarded.Asked.ShouldBe([$"{verb} node.example:{b.Address.Port}"]);
    }

    [Fact]
    public async Task A_proxy_that_asks_for_credentials_is_told_of()
    {
        await using var proxy = new ProxyServer { Credential = Alice };
        var error = await FailureAsync($"http://127.0.0.1:{proxy.Port}");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("407");
        error.Message.ShouldContain("USER:PASSWORD");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task Credentials_that_are_refused_are_not_shown(string kind)
    {
        await using var proxy = new ProxyServer { Credential = Alice };
        var error = await FailureAsync($"{kind}://alice:hunter2@127.0.0.1:{proxy.Port}");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain($"{kind}://127.0.0.1:{proxy.Port}");
        error.ToString().ShouldNotContain("hunter2");
        error.ToString().ShouldNotContain("alice");
    }

    [Theory]
    [InlineData(403, "does not allow it (HTTP 403)")]
    [InlineData(502, "does not get there (HTTP 502)")]
    public async Task The_status_of_a_proxy_that_refuses_is_told(int status, string why)
    {
        await using var proxy = new ProxyServer { Status = status };

        var error = await FailureAsync($"http://127.0.0.1:{proxy.Port}");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain(why);
    }

    [Fact]
    public async Task A_proxy_that_is_not_there_is_named()
    {
        var gone = new ProxyServer();
        int port = gone.Port;
        await gone.DisposeAsync();

        var error = await FailureAsync($"http://alice:hunter2@127.0.0.1:{port}");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain($"goes through the proxy http://127.0.0.1:{port}:");
        error.Message.ShouldContain("refused");
        error.Message.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_proxy_over_TLS_that_does_not_prove_who_it_is_is_told_nothing()
    {
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        var heard = HearOverTlsAsync(listening);

        var error = await FailureAsync($"https://alice:hunter2@127.0.0.1:{((IPEndPoint)listening.LocalEndpoint).Port}");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("is not trusted here");
        error.ToString().ShouldNotContain("hunter2");
        (await heard.WaitAsync(EventLog.Ceiling)).ShouldBe(0);
    }

    [Fact]
    public async Task A_variable_that_names_no_proxy_is_said_to_and_not_shown()
    {
        var error = await FailureAsync("ftp://alice:hunter2@127.0.0.1:21");

        error.Reason.ShouldBe(FailureReason.InvalidInput);
        error.Message.ShouldContain("HTTP_PROXY");
        error.Message.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task What_NO_PROXY_lists_is_dialled_directly()
    {
        await using var proxy = new ProxyServer();
        var b = await ServeAsync("b");
        var a = await DiallerAsync("a", o => o.Proxy = new ProxyVariables(name => name switch
        {
            "HTTP_PROXY" => $"http://127.0.0.1:{proxy.Port}",
            "NO_PROXY" => "localhost.localdomain, example.com",
            _ => null,
        }));

        var direct = await DialFailureAsync(a, $"ws://firn-no-such-node.example.com:{b.Address.Port}");
        await a.ConnectAsync(b);   // on this machine, so never through it

        direct.Message.ShouldContain("the name ");
        proxy.Asked.ShouldBeEmpty();
    }

    /// <summary>How many bytes it is told inside TLS, with a certificate that nobody has signed.</summary>
    private static async Task<int> HearOverTlsAsync(TcpListener listening)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=proxy", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var client = await listening.AcceptTcpClientAsync();
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = made });
            return await tls.ReadAsync(new byte[1024]);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return 0;   // it hung up
        }
    }

    private static ProxyVariables Through(string variable, string proxy) => new(name => name == variable ? proxy : null);

    private async Task<FirnException> FailureAsync(string proxy)
    {
        var a = await DiallerAsync("a", o => o.Proxy = Through("HTTP_PROXY", proxy));
        return await DialFailureAsync(a, "ws://node.example:4000");
    }
}
