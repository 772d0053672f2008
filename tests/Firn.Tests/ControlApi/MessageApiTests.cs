using Firn.AspNetCore;

namespace Firn.Tests;

/// <summary>Names, messages and benches through the control API of a node that is made up.</summary>
public class MessageApiTests
{
    [Fact]
    public async Task A_message_is_the_body_byte_for_byte_and_so_is_the_reply()
    {
        var node = new FakeNode { Reply = [1, 2, 0xff] };
        await using var served = await ServedNode.StartAsync(node);
        using var client = served.Client();
        byte[] message = [0, 0xff, 10];

        var sent = await client.SendAsync("chat", "be", message, CancellationToken.None);
        sent.ShouldBe(new SentBody("chat", "beta@b.lan"));
        node.Heard.Body.ShouldBe(message);

        var reply = await client.CallAsync("chat", "be", message, TimeSpan.FromSeconds(7), CancellationToken.None);
        (reply.Node, node.Heard.Process, node.Heard.Node, node.Heard.Timeout).ShouldBe(("beta@b.lan", "chat", "be", TimeSpan.FromSeconds(7)));
        reply.Body.ShouldBe(node.Reply);
    }

    [Fact]
    public async Task A_reply_is_what_curl_gets_with_its_kind_and_its_node()
    {
        await using var served = await ServedNode.StartAsync();

        string answer = await served.AskAsync("POST /v1/call?process=chat&node=beta", "\"hi\"");

        answer.ShouldContain("Content-Type: application/json\r\n");
        answer.ShouldContain("Firn-Node: beta@b.lan\r\n");
        answer.ShouldEndWith("\r\n\r\n\"hello\"");
    }

    [Theory]
    [InlineData("POST /v1/send", "process=NAME and node=NODE")]
    [InlineData("POST /v1/call?process=chat", "process=NAME and node=NODE")]
    [InlineData("POST /v1/call?process=chat&node=beta&timeoutMs=soon", "number of milliseconds")]
    [InlineData("POST /v1/call?process=chat&node=beta&timeoutMs=0", "number of milliseconds")]
    [InlineData("POST /v1/bench", "phaseMs")]
    public async Task A_wrong_request_is_told_what_was_expected(string request, string hint)
    {
        await using var served = await ServedNode.StartAsync();

        string answer = await served.AskAsync(request, "{}");

        answer.ShouldStartWith("HTTP/1.1 400 ");
        answer.ShouldContain(hint);
    }

    [Fact]
    public async Task A_message_may_be_longer_than_other_requests_and_has_a_limit()
    {
        var node = new FakeNode();
        await using var served = await ServedNode.StartAsync(node);
        using var client = served.Client();

        await client.SendAsync("chat", "beta", new byte[MessageEndpoints.MaxMessageBytes], CancellationToken.None);
        node.Heard.Body.Length.ShouldBe(MessageEndpoints.MaxMessageBytes);

        string answer = await served.SendAsync(
            $"POST /v1/send?process=chat&node=beta HTTP/1.1\r\nHost: firn\r\nConnection: close\r\nContent-Length: {MessageEndpoints.MaxMessageBytes + 1}\r\n\r\n");
        answer.ShouldStartWith("HTTP/1.1 413 ");
    }

    [Fact]
    public async Task Names_are_this_nodes_or_anothers()
    {
        await using var served = await ServedNode.StartAsync();
        using var client = served.Client();

        (await client.NamesAsync(null, CancellationToken.None)).Node.ShouldBe("alpha@a.lan");
        (await client.NamesAsync("beta", CancellationToken.None)).Names.Select(name => name.Name).ShouldBe(["chat", "work"]);
        (await served.AskAsync("GET /v1/names?node=beta")).ShouldEndWith("\r\n\r\n" + """
            {"node":"beta@b.lan","names":[{"name":"chat","kind":"process"},{"name":"work","kind":"function"}]}
            """);
    }

    [Fact]
    public async Task A_bench_that_cannot_start_is_a_failure_like_any_other()
    {
        var failure = new FirnException(FailureReason.Unsupported, "beta serves no benches");
        await using var served = await ServedNode.StartAsync(new FakeNode { Failure = failure });

        string answer = await served.AskAsync("POST /v1/bench", """{"name":"beta"}""");

        answer.ShouldStartWith("HTTP/1.1 501 ");
        answer.ShouldContain(failure.Message);
    }

    [Fact]
    public async Task A_bench_that_fails_later_says_so_in_its_last_event()
    {
        var failure = new FirnException(FailureReason.ConnectionLost, "beta is gone");
        var started = new BenchEventBody("started") { Name = "beta@b.lan", Address = "tcp://10.0.0.2:3476" };
        await using var served = await ServedNode.StartAsync(new FakeNode { Failure = failure, Bench = [started] });
        using var client = served.Client();

        await using var events = client.BenchAsync(new BenchBody("beta"), CancellationToken.None).GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue();
        events.Current.ShouldBe(started);
        (await Should.ThrowAsync<FirnException>(() => events.MoveNextAsync().AsTask())).Message.ShouldBe(failure.Message);
    }
}
