using System.Net;
using System.Net.Sockets;
using System.Text;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.WebSockets;

/// <summary>Who comes to the door for WebSockets without speaking Firn.</summary>
public sealed class WebSocketStrangerTests : WebSocketNodeFixture, IDisposable
{
    private const string Upgrade =
        "GET /firn HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: firn.1\r\n\r\n";

    private readonly CancellationTokenSource _ceiling = new(EventLog.Ceiling);

    public void Dispose() => _ceiling.Dispose();

    [Theory]
    [InlineData("ws", "/firn", 426, "Nodes of Firn open WebSockets here (subprotocol firn.1).")]
    [InlineData("wss", "/firn", 426, "Nodes of Firn open WebSockets here (subprotocol firn.1).")]
    [InlineData("ws", "/", 404, "A node of Firn is served here, at /firn.")]
    public async Task A_browser_is_told_what_is_here(string scheme, string path, int status, string sentence)
    {
        var b = await ServeAsync("b", scheme);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var http = new HttpClient(handler);

        using var answer = await http.GetAsync(new Uri($"{(scheme == "ws" ? "http" : "https")}://127.0.0.1:{b.Address.Port}{path}"), _ceiling.Token);

        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync()).ShouldBe(sentence + "\n");
        answer.Headers.Server.ShouldBeEmpty();
        (answer.Headers.ConnectionClose ?? false).ShouldBeTrue();
    }

    [Fact]
    public async Task A_WebSocket_of_another_protocol_is_refused_with_a_sentence()
    {
        var b = await ServeAsync("b");
        using var client = await ConnectAsync(b);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Upgrade.Replace("firn.1", "chat", StringComparison.Ordinal)), _ceiling.Token);

        string answer = await ReadToEndAsync(client);

        answer.ShouldStartWith("HTTP/1.1 400 ");
        answer.ShouldContain("Expected a WebSocket of subprotocol firn.1, that of Firn.");
    }

    [Theory]
    [InlineData("a long path", 414)]
    [InlineData("many headers", 431)]
    [InlineData("large headers", 431)]
    public async Task A_request_that_is_too_large_is_refused(string what, int status)
    {
        var b = await ServeAsync("b");
        using var client = await ConnectAsync(b);
        string headers = what switch
        {
            "many headers" => string.Concat(Enumerable.Range(0, 64).Select(i => $"X-{i}: x\r\n")),
            "large headers" => string.Concat(Enumerable.Range(0, 5).Select(i => $"X-{i}: {new string('x', 4_000)}\r\n")),
            _ => "",
        };
        string request = Upgrade.Replace("Host: x\r\n", $"Host: x\r\n{headers}", StringComparison.Ordinal);
        if (what == "a long path")
            request = request.Replace("/firn", $"/{new string('x', 2_100)}", StringComparison.Ordinal);

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), _ceiling.Token);

        (await ReadHeadAsync(client)).ShouldStartWith($"HTTP/1.1 {status} ");
    }

    [Fact]
    public async Task Compression_is_not_agreed_on()
    {
        var b = await ServeAsync("b");
        using var client = await ConnectAsync(b);
        string asking = Upgrade.Replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", StringComparison.Ordinal);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(asking), _ceiling.Token);

        string head = await ReadHeadAsync(client);

        head.ShouldStartWith("HTTP/1.1 101 ");
        head.ShouldContain("Sec-WebSocket-Protocol: firn.1");
        head.ShouldNotContain("Sec-WebSocket-Extensions");
    }

    [Theory]
    [InlineData("text", "text")]
    [InlineData("garbage", "does not speak Firn")]
    [InlineData("huge", "does not speak Firn")]
    [InlineData("close", "closed the connection")]
    [InlineData("ping", null)]
    public async Task What_is_no_TLS_ends_the_connection_and_is_told(string what, string? told)
    {
        var b = await ServeAsync("b");
        using var client = await ConnectAsync(b);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Upgrade), _ceiling.Token);
        await ReadHeadAsync(client);
        byte[] mask = [0, 0, 0, 0];
        byte[] frame = what switch
        {
            "text" => [0x81, 0x85, .. mask, .. "hello"u8],
            "garbage" => [0x82, 0x85, .. mask, .. "hello"u8],
            "huge" => [0x82, 0xff, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, .. mask, .. new byte[64 * 1024]],
            "close" => [0x88, 0x80, .. mask],
            _ => [0x89, 0x80, .. mask, 0x82, 0x80, .. mask],
        };
        await client.GetStream().WriteAsync(frame, _ceiling.Token);

        if (told is null)
        {
            // A ping is answered, an empty message says nothing: it still waits for TLS.
            var pong = new byte[2];
            await client.GetStream().ReadExactlyAsync(pong, _ceiling.Token);
            pong.ShouldBe(new byte[] { 0x8a, 0 });
            b.Node.Core.Acceptor.Strangers.ShouldBe(1);
            return;
        }

        (await b.Events.FirstAsync<RefusedEvent>()).Message.ShouldContain(told);
        await EndsAsync(client);
        await NodeGroup.UntilAsync(() => b.Node.Core.Acceptor.Strangers == 0, "it to be forgotten");
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /firn HTTP/1.1\r\nHost:")]
    [InlineData("garbage\r\n\r\n")]
    public async Task Who_does_not_ask_for_a_WebSocket_costs_the_node_no_handshake(string said)
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);   // stands still: a handshake would not end
        var b = await ServeAsync("b", change: o => o.TimeProvider = time);
        using var client = await ConnectAsync(b);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(said), _ceiling.Token);

        var a = await DiallerAsync("a");
        await a.ConnectAsync(b);

        await NodeGroup.UntilAsync(() => b.Node.Core.Acceptor.Strangers == 0, "the end of the one handshake there was");
        await b.DisposeAsync().AsTask().WaitAsync(EventLog.Ceiling);   // nor does it hold up its end
    }

    [Fact]
    public async Task A_silent_WebSocket_is_closed_at_the_deadline_of_handshakes()
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);
        var b = await ServeAsync("b", change: o => o.TimeProvider = time);
        using var client = await ConnectAsync(b);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Upgrade), _ceiling.Token);
        await ReadHeadAsync(client);

        time.Advance(TimeSpan.FromSeconds(10));

        (await b.Events.FirstAsync<RefusedEvent>()).Reason.ShouldBe(FailureReason.TimedOut);
        await EndsAsync(client);
    }

    [Fact]
    public async Task A_flood_of_silent_WebSockets_shuts_out_neither_TCP_nor_WebSockets_from_elsewhere()
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);   // stands still: no silent connection runs into its deadline
        var b = await ServeAsync("b", change: o =>
        {
            o.TimeProvider = time;
            o.Listen.Add("tcp://127.0.0.1:0");
        });
        var silent = new List<TcpClient>();
        for (int i = 0; i < 100; i++)
        {
            silent.Add(await ConnectAsync(b));
            await silent[^1].GetStream().WriteAsync(Encoding.ASCII.GetBytes(Upgrade), _ceiling.Token);
        }

        await NodeGroup.UntilAsync(() => b.Node.Core.Acceptor.Strangers >= 64, "the silent ones to be taken");
        var byTcp = await DiallerAsync("t");
        var fromElsewhere = await DiallerAsync("w", o => o.WebSocketTcp = new TcpOptions { DialFrom = IPAddress.Parse("127.0.7.7") });

        await byTcp.Node.ConnectAsync(b.Node.Self.Listening[1]).WaitAsync(EventLog.Ceiling);
        await fromElsewhere.ConnectAsync(b);

        b.Node.Core.Acceptor.Strangers.ShouldBeGreaterThanOrEqualTo(32);
        silent.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Connections_that_ask_for_nothing_shut_out_nobody_from_elsewhere()
    {
        var b = await ServeAsync("b");
        var silent = new List<TcpClient>();
        for (int i = 0; i < 64; i++)
            silent.Add(await ConnectAsync(b));
        await Should.ThrowAsync<Exception>(async () =>
        {
            using var oneMore = await ConnectAsync(b);
            await oneMore.GetStream().ReadExactlyAsync(new byte[1], _ceiling.Token);
        });

        var elsewhere = await DiallerAsync("w", o => o.WebSocketTcp = new TcpOptions { DialFrom = IPAddress.Parse("127.0.7.7") });
        await elsewhere.ConnectAsync(b);

        silent.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Who_leaves_while_it_waits_for_its_handshake_is_forgotten()
    {
        var b = await ServeAsync("b");
        using (var client = await ConnectAsync(b))
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Upgrade), _ceiling.Token);
            await ReadHeadAsync(client);
        }

        await NodeGroup.UntilAsync(() => b.Node.Core.Acceptor.Strangers == 0, "it to be forgotten");
    }

    private async Task<TcpClient> ConnectAsync(LiveNode node)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, node.Address.Port, _ceiling.Token);
        return client;
    }

    private async Task<string> ReadHeadAsync(TcpClient client)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await client.GetStream().ReadExactlyAsync(one, _ceiling.Token);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private async Task<string> ReadToEndAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(_ceiling.Token);
    }

    private async Task EndsAsync(TcpClient client)
    {
        try
        {
            await client.GetStream().CopyToAsync(Stream.Null, _ceiling.Token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Cut, which is an end as well.
        }
    }
}
