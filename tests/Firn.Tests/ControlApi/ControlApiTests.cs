using System.Net.Sockets;
using Firn.AspNetCore;

namespace Firn.Tests;

public class ControlApiTests
{
    [Fact]
    public async Task Status_is_what_curl_gets_from_the_socket()
    {
        await using var served = await ServedNode.StartAsync();

        string answer = await served.AskAsync("GET /v1/status");

        answer.ShouldStartWith("HTTP/1.1 200 OK\r\n");
        answer.ShouldNotContain("Server:");
        answer.ShouldEndWith("\r\n\r\n" + """
            {"name":"alpha@a.lan","did":"did:key:zDnAlpha","incarnation":1700000000001,"cluster":"default","listening":["tcp://127.0.0.1:3476"],"peers":1,"startedAt":"2026-01-02T03:04:00Z","version":"0.1.0","admission":"cookie"}
            """);
    }

    [Fact]
    public async Task Peers_have_the_promised_shape()
    {
        await using var served = await ServedNode.StartAsync();

        (await served.AskAsync("GET /v1/peers")).ShouldEndWith("\r\n\r\n" + """
            [{"name":"beta@b.lan","did":"did:key:zDnBeta","incarnation":1700000000002,"sessionId":"c2Vzc2lvbg","address":"tcp://10.0.0.2:3476","transport":"tcp","direction":"outbound","role":"exit","capabilities":["relay","tunnel"],"rttMs":1.25,"connectedAt":"2026-01-02T03:04:05Z","softwareVersion":"0.1.0","admission":"cookie","cookie":"current"}]
            """);
    }

    [Fact]
    public async Task The_socket_is_the_users_alone_and_goes_with_the_server()
    {
        if (OperatingSystem.IsWindows())
            return;
        var served = await ServedNode.StartAsync(before: path =>
            Directory.CreateDirectory(Path.GetDirectoryName(path)!));
        string path = served.Path;

        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.GetDirectoryName(path)!)
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        await served.Api.DisposeAsync();
        File.Exists(path).ShouldBeFalse();
        await served.DisposeAsync();
    }

    [Fact]
    public async Task A_socket_left_by_a_dead_process_is_replaced()
    {
        await using var served = await ServedNode.StartAsync(before: path =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        });

        (await served.AskAsync("GET /v1/status")).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task A_place_that_cannot_hold_a_socket_is_a_clear_refusal()
    {
        var refusal = await Should.ThrowAsync<FirnException>(() => ServedNode.StartAsync(
            before: path => File.WriteAllText(Path.GetDirectoryName(path)!, "not a directory")));

        refusal.Reason.ShouldBe(FailureReason.HomeUnusable);
        refusal.Message.ShouldContain("alpha.sock");
    }

    [Fact]
    public async Task Another_users_process_is_cut_off_without_a_word()
    {
        await using var served = await ServedNode.StartAsync(admits: _ => false);

        (await served.AskAsync("GET /v1/status")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(0, 1000, true)]
    [InlineData(1001, 1000, false)]
    [InlineData(1000, 0, false)]
    public void Only_the_same_user_and_root_are_admitted(uint user, uint self, bool admitted) =>
        PeerCredentials.Admits(user, self).ShouldBe(admitted);

    [Theory]
    [InlineData("GET /v1/nothing", "", 404, "invalidInput", "/v1/status")]
    [InlineData("GET /v1/dial", "", 405, "invalidInput", "POST")]
    [InlineData("POST /v1/dial", "", 400, "invalidInput", "address")]
    [InlineData("POST /v1/dial", "not json", 400, "invalidInput", "address")]
    [InlineData("POST /v1/dial", "null", 400, "invalidInput", "address")]
    [InlineData("POST /v1/hangup", "{\"name\":7}", 400, "invalidInput", "name")]
    [InlineData("POST /v1/ping", "{}", 400, "invalidInput", "name")]
    public async Task A_wrong_request_is_told_what_was_expected(
        string request, string body, int status, string reason, string hint)
    {
        await using var served = await ServedNode.StartAsync();

        string answer = await served.AskAsync(request, body);

        answer.ShouldStartWith($"HTTP/1.1 {status} ");
        answer.ShouldContain("Content-Type: application/problem+json");
        answer.ShouldContain($"{{\"reason\":\"{reason}\",\"message\":\"");
        answer[answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)..].ShouldContain(hint);
    }

    [Fact]
    public async Task A_request_over_64_KiB_is_refused()
    {
        await using var served = await ServedNode.StartAsync();

        int tooMuch = Firn.ControlApi.MaxRequestBytes + 1;
        string answer = await served.SendAsync(
            $"POST /v1/dial HTTP/1.1\r\nHost: firn\r\nConnection: close\r\nContent-Length: {tooMuch}\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 413 ");
        answer.ShouldContain("invalidInput");
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed()
    {
        await using var served = await ServedNode.StartAsync();
        var sockets = new List<Socket>();
        try
        {
            for (int i = 0; i < Firn.ControlApi.MaxConnections; i++)
            {
                var socket = await served.ConnectAsync();
                sockets.Add(socket);
                await socket.SendAsync("GET /v1/status HTTP/1.1\r\nHost: firn\r\n\r\n"u8.ToArray());
                (await socket.ReceiveAsync(new byte[4096])).ShouldBeGreaterThan(0);   // let in, and kept alive
            }

            (await served.AskAsync("GET /v1/status")).ShouldBeEmpty();
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Pins_and_what_is_taken_up_have_the_promised_shape()
    {
        await using var served = await ServedNode.StartAsync();
        const string Pin = """{"name":"beta@b.lan","did":"did:key:zDnBeta","kind":"kept","connected":true,"secondsLeft":null}""";
        (await served.AskAsync("GET /v1/pins")).ShouldEndWith($"[{Pin}]");
        (await served.AskAsync("POST /v1/pins/forget", """{"name":"beta"}""")).ShouldEndWith(Pin);
        (await served.AskAsync("POST /v1/reload", "{}")).ShouldEndWith("""{"name":"alpha@a.lan","sessionsEnded":2}""");
        (await served.AskAsync("POST /v1/pins/forget", "{}")).ShouldContain("400");

        using var client = served.Client();
        (await client.PinsAsync(CancellationToken.None)).ShouldHaveSingleItem().Kind.ShouldBe("kept");
        (await client.ForgetPinAsync("beta", CancellationToken.None)).Name.ShouldBe("beta@b.lan");
        (await client.ReloadAsync(CancellationToken.None)).SessionsEnded.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_dial_reaches_the_client_with_its_reason()
    {
        var failure = new FirnException(FailureReason.ClusterDiffers, "beta.lan belongs to another cluster");
        await using var served = await ServedNode.StartAsync(new FakeNode { Failure = failure });
        using var client = served.Client();

        var thrown = await Should.ThrowAsync<FirnException>(() => client.DialAsync("beta.lan", CancellationToken.None));

        thrown.Reason.ShouldBe(failure.Reason);
        thrown.Message.ShouldBe(failure.Message);
    }

    [Fact]
    public void Every_reason_travels_through_HTTP_and_back()
    {
        foreach (var reason in Enum.GetValues<FailureReason>())
        {
            ControlErrors.StatusOf(reason).ShouldBeInRange(400, 599);
            ControlErrors.ToException(new ErrorBody(ControlJson.Spell(reason), "why")).Reason.ShouldBe(reason);
        }
    }

    [Fact]
    public async Task The_client_dials_pings_and_hangs_up()
    {
        await using var served = await ServedNode.StartAsync();
        using var client = served.Client();

        (await client.DialAsync("beta.lan", CancellationToken.None)).Name.ShouldBe("beta@b.lan");
        (await client.PingAsync("beta", CancellationToken.None)).RttMs.ShouldBe(0.5);
        (await client.HangupAsync("beta", CancellationToken.None)).Name.ShouldBe("beta@b.lan");
    }

    [Fact]
    public async Task A_node_that_is_gone_is_an_error_of_one_sentence()
    {
        var served = await ServedNode.StartAsync();
        using var client = served.Client();
        await served.DisposeAsync();

        var thrown = await Should.ThrowAsync<FirnException>(() => client.StatusAsync(CancellationToken.None));

        thrown.Reason.ShouldBe(FailureReason.Unreachable);
        thrown.Message.ShouldStartWith("alpha@a.lan cannot be controlled: ");
    }

    [Fact]
    public async Task Events_stream_until_the_server_stops()
    {
        var node = new FakeNode();
        var served = await ServedNode.StartAsync(node);
        using var client = served.Client();
        await using var events = client.EventsAsync(CancellationToken.None).GetAsyncEnumerator();

        var at = new DateTime(2026, 1, 2, 3, 4, 6, DateTimeKind.Utc);
        node.Raise(new EventBody("peerUp", at) { Peer = FakeNode.Beta });
        (await events.MoveNextAsync()).ShouldBeTrue();
        events.Current.Event.ShouldBe("peerUp");
        events.Current.Peer!.Name.ShouldBe("beta@b.lan");

        await served.DisposeAsync();
        (await events.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task An_event_is_a_type_and_one_line_of_JSON()
    {
        var node = new FakeNode();
        var served = await ServedNode.StartAsync(node);
        node.Raise(new EventBody("warning", new DateTime(2026, 1, 2, 3, 4, 6, DateTimeKind.Utc)) { Message = "two\nlines" });
        using var socket = await served.ConnectAsync();
        using var reader = new StreamReader(new NetworkStream(socket));
        await socket.SendAsync("GET /v1/events HTTP/1.0\r\n\r\n"u8.ToArray());

        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        (await reader.ReadLineAsync()).ShouldBe("event: warning");
        (await reader.ReadLineAsync()).ShouldBe("""data: {"event":"warning","at":"2026-01-02T03:04:06Z","message":"two\nlines"}""");
        (await reader.ReadLineAsync()).ShouldBe("");
        await served.DisposeAsync();
    }

    [Fact]
    public async Task A_request_to_stop_is_answered_and_then_reaches_the_host()
    {
        await using var served = await ServedNode.StartAsync();
        using var client = served.Client();
        served.Api.StopRequested.IsCompleted.ShouldBeFalse();

        (await client.StopAsync(CancellationToken.None)).Name.ShouldBe("alpha@a.lan");

        await served.Api.StopRequested.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
