using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Firn.Tests.Transports;

/// <summary>Who comes to the port without speaking Firn, and who gives up half-way.</summary>
public sealed class StrangerTests : TcpFixture
{
    [Fact]
    public async Task A_browser_is_told_what_the_port_speaks()
    {
        using var http = new HttpClient();
        var asking = http.GetAsync(new Uri($"http://127.0.0.1:{Listener.Bound.Port}/"), Ceiling);

        var refusal = await RefusalOfNextAsync();
        using var response = await asking;

        refusal.Reason.ShouldBe(FailureReason.NotFirn);
        refusal.Message.ShouldContain("HTTP");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await response.Content.ReadAsStringAsync(Ceiling)).ShouldBe("This port speaks Firn (TLS 1.3, ALPN firn/1), not HTTP.\n");
    }

    [Fact]
    public async Task An_upload_larger_than_the_socket_still_reads_its_answer()
    {
        using var client = await ConnectAsync();
        var refusing = RefusalOfNextAsync();
        var request = Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nContent-Length: 50000\r\n\r\n" + new string('x', 50_000));
        await client.WriteAsync(request, Ceiling);
        client.Socket.Shutdown(SocketShutdown.Send);

        (await ReadAllAsync(client)).ShouldStartWith("HTTP/1.1 400 ");
        (await refusing).Reason.ShouldBe(FailureReason.NotFirn);
    }

    [Fact]
    public async Task A_request_that_trickles_in_is_answered_too()
    {
        using var client = await ConnectAsync();
        var refusing = RefusalOfNextAsync();
        foreach (byte b in "OPTIONS "u8.ToArray())
            await client.WriteAsync(new[] { b }, Ceiling);
        client.Socket.Shutdown(SocketShutdown.Send);

        (await ReadAllAsync(client)).ShouldStartWith("HTTP/1.1 400 ");
        await refusing;
    }

    [Theory]
    [InlineData("hello\n")]
    [InlineData("GETTING\n")]
    [InlineData("GE")]
    [InlineData("\0\0\0\0")]
    public async Task Garbage_is_closed_without_an_answer(string garbage)
    {
        using var client = await ConnectAsync();
        await client.WriteAsync(Encoding.ASCII.GetBytes(garbage), Ceiling);
        client.Socket.Shutdown(SocketShutdown.Send);

        (await RefusalOfNextAsync()).Reason.ShouldBe(FailureReason.NotFirn);
        (await ReadAllAsync(client)).ShouldBe("");
    }

    [Fact]
    public async Task Garbage_that_looks_like_TLS_is_closed()
    {
        using var client = await ConnectAsync();
        await client.WriteAsync(new byte[] { 0x16, 3, 1, 0xff, 0xff, 1, 2, 3 }, Ceiling);
        client.Socket.Shutdown(SocketShutdown.Send);

        (await RefusalOfNextAsync()).Reason.ShouldBeOneOf(FailureReason.NotFirn, FailureReason.ConnectionLost);
        await EndsAsync(client);
    }

    [Fact]
    public async Task Who_leaves_without_a_word_is_a_lost_connection()
    {
        (await ConnectAsync()).Dispose();
        (await RefusalOfNextAsync()).Reason.ShouldBe(FailureReason.ConnectionLost);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u0016")]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData("GE")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    public async Task An_acceptor_that_gives_up_at_any_step_closes_the_socket(string soFar)
    {
        using var client = await ConnectAsync();
        await client.WriteAsync(Encoding.ASCII.GetBytes(soFar), Ceiling);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ceiling);
        using var pending = await Listener.AcceptAsync(Ceiling);
        var securing = pending.SecureAsync(Leaves.Beta, cancel.Token).AsTask();
        if (soFar.EndsWith('\n'))
            (await client.ReadAsync(new byte[8], Ceiling)).ShouldBe(8);   // it lingers for the client

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(securing);
        await EndsAsync(client);
    }

    [Fact]
    public async Task A_dialler_that_gives_up_on_a_silent_server_closes_the_socket()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ceiling);
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        var dialling = Tcp.DialAsync(AddressOf(listening), Leaves.Alpha, cancel.Token).AsTask();
        using var server = await listening.AcceptTcpClientAsync(Ceiling);
        await server.GetStream().ReadExactlyAsync(new byte[5], Ceiling);   // TLS has begun

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(dialling);
        await EndsAsync(server.GetStream());
    }

    [Fact]
    public async Task A_dialler_can_give_up_before_anybody_answers()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ceiling);
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start(backlog: 0);
        var dials = Enumerable.Range(0, 8).Select(_ => Tcp.DialAsync(AddressOf(listening), Leaves.Alpha, cancel.Token).AsTask()).ToList();

        await cancel.CancelAsync();

        foreach (var dial in dials)
            await Should.ThrowAsync<OperationCanceledException>(dial);
    }

    [Fact]
    public async Task A_listener_can_stop_waiting_and_wait_again()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ceiling);
        var waiting = Listener.AcceptAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);

        using var client = await ConnectAsync();
        using var pending = await Listener.AcceptAsync(Ceiling);
        pending.Origin.ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task A_pending_link_that_is_dropped_closes_its_socket_even_while_it_is_being_secured()
    {
        using var client = await ConnectAsync();
        var pending = await Listener.AcceptAsync(Ceiling);
        var securing = pending.SecureAsync(Leaves.Beta, Ceiling).AsTask();

        pending.Dispose();

        (await Should.ThrowAsync<FirnException>(securing)).Reason.ShouldBe(FailureReason.ConnectionLost);
        await EndsAsync(client);
    }

    private static NodeAddress AddressOf(TcpListener listening) =>
        NodeAddress.Create("tcp", "127.0.0.1", ((IPEndPoint)listening.LocalEndpoint).Port);

    private async Task<string> ReadAllAsync(NetworkStream client)
    {
        using var reader = new StreamReader(client);
        return await reader.ReadToEndAsync(Ceiling);
    }
}
