using System.Net;
using System.Net.Sockets;
using System.Text;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.WebSockets;

/// <summary>What is said when something else than a node answers.</summary>
public sealed class WebSocketDialTests : WebSocketNodeFixture, IDisposable
{
    private readonly TcpListener _listening = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ceiling = new(EventLog.Ceiling);

    public WebSocketDialTests() => _listening.Start();

    private int Port => ((IPEndPoint)_listening.LocalEndpoint).Port;

    public void Dispose()
    {
        _listening.Dispose();
        _ceiling.Dispose();
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", FailureReason.NotFirn, "404", "it serves nothing at /firn")]
    [InlineData("HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n", FailureReason.NotFirn, "301", "dial wss://")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", FailureReason.NotFirn, "401", "without one")]
    [InlineData("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", FailureReason.NotFirn, "426", "the headers Upgrade and Connection")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", FailureReason.NotFirn, "502", "does not reach it")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", FailureReason.NotFirn, "200", "expected a node at /firn")]
    [InlineData("SSH-2.0-OpenSSH_10.0\r\n", FailureReason.NotFirn, "no HTTP server", "")]
    [InlineData("", FailureReason.ConnectionLost, "closed the connection", "")]
    [InlineData("101", FailureReason.NotFirn, "firn.1", "")]
    [InlineData("huge", FailureReason.NotFirn, "no HTTP server", "")]
    public async Task What_answered_is_told_and_what_to_do(string answer, FailureReason reason, string found, string advice)
    {
        var a = await DiallerAsync("a");
        var dialling = DialFailureAsync(a, $"ws://127.0.0.1:{Port}");
        string request = await AnswerAsync(answer == "huge" ? $"HTTP/1.1 404 Not Found\r\nX: {new string('x', 20_000)}\r\n\r\n" : answer);

        var error = await dialling;

        error.Reason.ShouldBe(reason);
        error.Message.ShouldContain($"ws://127.0.0.1:{Port}");
        error.Message.ShouldContain(found);
        error.Message.ShouldContain(advice);
        request.ShouldStartWith("GET /firn HTTP/1.1\r\n");
        request.ShouldContain("Sec-WebSocket-Protocol: firn.1\r\n");
        request.ShouldNotContain("Extensions");
        request.ShouldNotContain("traceparent");
    }

    [Fact]
    public async Task A_server_without_TLS_is_told_of_when_wss_was_dialled()
    {
        var b = await ServeAsync("b");
        var a = await DiallerAsync("a");

        var error = await DialFailureAsync(a, $"wss://127.0.0.1:{b.Address.Port}");

        error.Reason.ShouldBe(FailureReason.NotFirn);
        error.Message.ShouldContain("dial ws://");
    }

    [Fact]
    public async Task A_server_with_TLS_is_told_of_when_ws_was_dialled()
    {
        var b = await ServeAsync("b", "wss");
        var a = await DiallerAsync("a");

        var error = await DialFailureAsync(a, $"ws://127.0.0.1:{b.Address.Port}");

        error.Reason.ShouldBeOneOf(FailureReason.NotFirn, FailureReason.ConnectionLost);
    }

    [Fact]
    public async Task A_port_of_TCP_is_told_of()
    {
        var b = await DiallerAsync("b");
        var a = await DiallerAsync("a");

        var error = await DialFailureAsync(a, $"ws://127.0.0.1:{b.Address.Port}");

        error.Reason.ShouldBe(FailureReason.NotFirn);
        error.Message.ShouldContain("answered 400");
    }

    [Fact]
    public async Task Nothing_there_is_unreachable()
    {
        _listening.Stop();
        int port = 1;
        var a = await DiallerAsync("a");

        var error = await DialFailureAsync(a, $"ws://127.0.0.1:{port}");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("refused");
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_unreachable()
    {
        var a = await DiallerAsync("a");

        var error = await DialFailureAsync(a, "wss://no-such-host.invalid");

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("does not resolve");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 101 Switching")]
    [InlineData("101")]
    public async Task A_dialler_that_gives_up_at_any_step_closes_its_connection(string soFar)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_ceiling.Token);
        var transport = new WebSocketTransport("ws", new NodeOptions { Proxy = Direct });
        var dialling = transport.DialAsync(NodeAddress.Parse($"ws://127.0.0.1:{Port}"), Transports.Leaves.Alpha, cancel.Token).AsTask();
        using var server = await _listening.AcceptSocketAsync(_ceiling.Token);
        string request = await ReadHeadAsync(server);
        await server.SendAsync(Encoding.ASCII.GetBytes(soFar == "101" ? Accepted(request, "firn.1") : soFar), _ceiling.Token);
        if (soFar == "101")
            await server.ReceiveAsync(new byte[1], _ceiling.Token);   // the inner TLS has begun

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(dialling);
        await EndsAsync(server);
    }

    [Fact]
    public async Task A_name_that_a_peer_tells_does_not_lead_to_this_machine()
    {
        var b = await ServeAsync("b");
        var dialer = new WebSocketDialer(new TcpOptions(), Direct);
        var told = NodeAddress.Parse($"ws://localhost:{b.Address.Port}") with { IsTold = true };

        var error = await Should.ThrowAsync<FirnException>(async () => await dialer.OpenAsync(told, _ceiling.Token));
        var opened = await dialer.OpenAsync(told with { IsTold = false }, _ceiling.Token);

        error.Reason.ShouldBe(FailureReason.Unreachable);
        opened.Cut();
        opened.Socket.Dispose();
    }

    private async Task<string> AnswerAsync(string answer)
    {
        using var server = await _listening.AcceptSocketAsync(_ceiling.Token);
        string request = await ReadHeadAsync(server);
        await server.SendAsync(Encoding.ASCII.GetBytes(answer == "101" ? Accepted(request, null) : answer), _ceiling.Token);
        server.Shutdown(SocketShutdown.Send);
        await EndsAsync(server);
        return request;
    }

    /// <summary>RFC 6455, section 4.2.2.</summary>
    private static string Accepted(string request, string? protocol)
    {
        const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        string key = request.Split("\r\n").First(line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))[19..];
#pragma warning disable CA5350 // The protocol has it so.
        string accept = Convert.ToBase64String(System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic)));
#pragma warning restore CA5350
        return $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
            + (protocol is null ? "\r\n" : $"Sec-WebSocket-Protocol: {protocol}\r\n\r\n");
    }

    private async Task<string> ReadHeadAsync(Socket server)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await server.ReceiveAsync(one, _ceiling.Token) > 0)
            head.Append((char)one[0]);
        return head.ToString();
    }

    private async Task EndsAsync(Socket server)
    {
        try
        {
            while (await server.ReceiveAsync(new byte[1024], _ceiling.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset, which is an end as well.
        }
    }
}
