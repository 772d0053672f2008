using Firn.AspNetCore;

namespace Firn.Tests;

/// <summary>Invites through the control API, as curl sees them.</summary>
public class InviteApiTests
{
    private const string Invite = """{"id":"0123456789abcdef","state":"open","uses":1,"usedBy":[],"expiresAt":"2026-07-01T12:00:00Z","givesCookie":true,"givesTrust":false}""";

    [Fact]
    public async Task Invites_have_the_promised_shape_and_their_line_is_given_once()
    {
        await using var served = await ServedNode.StartAsync();

        (await served.AskAsync("POST /v1/invite", """{"uses":3,"expiresMs":60000,"trustOnly":false,"addresses":["10.0.0.2:3476"]}"""))
            .ShouldEndWith(Invite.Replace("\"uses\":1", "\"uses\":3", StringComparison.Ordinal)[..^1] + ""","line":"firn-join1:AAAA"}""");
        (await served.AskAsync("POST /v1/invite", "{}")).ShouldContain("\"uses\":1,");
        (await served.AskAsync("GET /v1/invites")).ShouldEndWith($"[{Invite}]");
        (await served.AskAsync("POST /v1/invites/cancel", """{"id":"0123456789abcdef"}""")).ShouldEndWith(
            Invite.Replace("open", "cancelled", StringComparison.Ordinal));

        using var client = served.Client();
        (await client.InviteAsync(new NewInviteBody(), CancellationToken.None)).Line.ShouldBe("firn-join1:AAAA");
        (await client.InvitesAsync(CancellationToken.None)).ShouldHaveSingleItem().Line.ShouldBeNull();
        (await client.CancelInviteAsync("0123456789abcdef", CancellationToken.None)).State.ShouldBe("cancelled");
    }

    [Theory]
    [InlineData("{\"line\":\"firn-join1:AAAA\"}", "false")]
    [InlineData("{\"line\":\"firn-join1:AAAA\",\"take\":false}", "false")]
    [InlineData("{\"line\":\"firn-join1:AAAA\",\"take\":true}", "true")]
    public async Task A_join_looks_unless_it_is_told_to_take(string body, string joined)
    {
        await using var served = await ServedNode.StartAsync();

        (await served.AskAsync("POST /v1/join", body)).ShouldEndWith("\r\n\r\n" + """
            {"address":"tcp://10.0.0.2:3476","name":"beta@b.lan","did":"did:key:zDnBeta","fingerprint":"12345 12345 12345 12345 12345 12345","cluster":"default","admission":"trust","givesCookie":false,"givesTrust":true,"joined":
            """ + joined + "}");
    }

    [Theory]
    [InlineData("GET /v1/invite", "", 405, "POST")]
    [InlineData("POST /v1/invites", "{}", 405, "GET")]
    [InlineData("GET /v1/join", "", 405, "POST")]
    [InlineData("POST /v1/invite", "", 400, "expiresMs")]
    [InlineData("POST /v1/invite", "{\"uses\":\"many\"}", 400, "expiresMs")]
    [InlineData("POST /v1/invite", "[]", 400, "expiresMs")]
    [InlineData("POST /v1/invites/cancel", "{}", 400, "0123456789abcdef")]
    [InlineData("POST /v1/invites/cancel", "{\"id\":7}", 400, "0123456789abcdef")]
    [InlineData("POST /v1/join", "{}", 400, "firn-join1:")]
    [InlineData("POST /v1/join", "{\"line\":null,\"take\":true}", 400, "firn-join1:")]
    [InlineData("POST /v1/join", "firn-join1:AAAA", 400, "firn-join1:")]
    public async Task A_wrong_request_is_told_what_was_expected(string request, string body, int status, string hint)
    {
        await using var served = await ServedNode.StartAsync();

        string answer = await served.AskAsync(request, body);

        answer.ShouldStartWith($"HTTP/1.1 {status} ");
        answer.ShouldContain("Content-Type: application/problem+json");
        answer[answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)..].ShouldContain(hint);
    }

    [Fact]
    public async Task A_refused_invite_is_a_conflict_with_its_reason()
    {
        await using var served = await ServedNode.StartAsync(new FakeNode { Failure = new FirnException(FailureReason.InviteRefused, "it is used up") });

        string answer = await served.AskAsync("POST /v1/join", """{"line":"firn-join1:AAAA","take":true}""");

        answer.ShouldStartWith("HTTP/1.1 409 ");
        answer.ShouldEndWith("""{"reason":"inviteRefused","message":"it is used up"}""");
    }
}
