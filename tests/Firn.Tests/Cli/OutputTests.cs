using System.Text.Json;
using Firn.AspNetCore;
using Firn.Cli;

namespace Firn.Tests;

public class OutputTests
{
    private static readonly DateTime At = new(2026, 1, 2, 3, 4, 6, DateTimeKind.Utc);

    [Fact]
    public void Peers_line_up_under_their_headings()
    {
        var other = FakeNode.Beta with { Name = "longer-name@b.lan", RttMs = null, Direction = "inbound", Cookie = "old" };

        PeerRows.Table([FakeNode.Beta, other], FakeNode.Beta.ConnectedAt.AddSeconds(125)).ShouldBe(
        [
            "NAME               ADDRESS              DIRECTION  ROLE  BY          RTT       UP",
            "beta@b.lan         tcp://10.0.0.2:3476  outbound   exit  cookie      1.250 ms  2m 5s",
            "longer-name@b.lan  tcp://10.0.0.2:3476  inbound    exit  old cookie  -         2m 5s",
        ]);
    }

    [Fact]
    public void A_relayed_peer_is_shown_with_its_relay_and_a_relay_with_what_it_relays()
    {
        var relayed = FakeNode.Beta with { Transport = "relay", Via = "hub@h.lan" };
        PeerRows.Table([relayed], FakeNode.Beta.ConnectedAt).Last().ShouldContain("beta@b.lan  via hub@h.lan  outbound");
        EventLines.Describe(new EventBody("peerUp", At) { Peer = relayed }).ShouldStartWith("beta@b.lan is up: via hub@h.lan,");
        EventLines.Describe(new EventBody("peerDown", At) { Peer = relayed, Reason = ControlJson.Spell(EndReason.RelayLost) })
            .ShouldBe("beta@b.lan is down: relayLost (it was connected via hub@h.lan)");
        JsonSerializer.Serialize([relayed], ControlJson.Default.IReadOnlyListPeerBody).ShouldContain("\"via\":\"hub@h.lan\"");

        var relay = FakeNode.Alpha with { Relay = new RelayBody(2, 3_500_000, [new RelayedPairBody("a@x", "c@z", 1_536)]) };
        StatusCommand.Describe(relay, At).ShouldEndWith(
            """
            version      0.1.0
            relays       1 pair, 3.3 MiB since its start
                         a@x - c@z: 1.5 KiB
            """);
        JsonSerializer.Serialize(relay, ControlJson.Default.StatusBody)
            .ShouldEndWith("""
                "relay":{"streams":2,"bytes":3500000,"pairs":[{"one":"a@x","other":"c@z","bytes":1536}]}}
                """);
        StatusCommand.Describe(FakeNode.Alpha, At).ShouldNotContain("relays");
    }

    [Fact]
    public void The_first_line_of_up_is_the_status_as_an_event() => JsonLines.Started(FakeNode.Alpha).ShouldBe(
        """{"event":"started","name":"alpha@a.lan","did":"did:key:zDnAlpha","incarnation":1700000000001,"cluster":"default","listening":["tcp://127.0.0.1:3476"],"peers":1,"startedAt":"2026-01-02T03:04:00Z","version":"0.1.0","admission":"cookie"}""");

    [Fact]
    public void Events_hold_what_belongs_to_them_and_nothing_else()
    {
        Json(new EventBody("peerDown", At) { Peer = FakeNode.Beta with { RttMs = null }, Reason = ControlJson.Spell(EndReason.TransportError) })
            .ShouldBe("""{"event":"peerDown","at":"2026-01-02T03:04:06Z","peer":{"name":"beta@b.lan","did":"did:key:zDnBeta","incarnation":1700000000002,"sessionId":"c2Vzc2lvbg","address":"tcp://10.0.0.2:3476","transport":"tcp","direction":"outbound","role":"exit","capabilities":["relay","tunnel"],"rttMs":null,"connectedAt":"2026-01-02T03:04:05Z","softwareVersion":"0.1.0","admission":"cookie","cookie":"current"},"reason":"transportError"}""");
        Json(new EventBody("dialFailed", At) { Address = "tcp://b.lan:3476", Reason = "unreachable", Message = "nobody there" })
            .ShouldBe("""{"event":"dialFailed","at":"2026-01-02T03:04:06Z","reason":"unreachable","address":"tcp://b.lan:3476","message":"nobody there"}""");
        Json(new EventBody("eventsLost", At) { Count = 3 })
            .ShouldBe("""{"event":"eventsLost","at":"2026-01-02T03:04:06Z","count":3}""");

        static string Json(EventBody e) => JsonSerializer.Serialize(e, ControlJson.Default.EventBody);
    }

    [Fact]
    public void Events_read_as_sentences()
    {
        EventLines.Describe(new EventBody("peerUp", At) { Peer = FakeNode.Beta })
            .ShouldBe("beta@b.lan is up: tcp://10.0.0.2:3476, outbound, exit, RTT 1.250 ms");
        EventLines.Describe(new EventBody("peerDown", At) { Peer = FakeNode.Beta, Reason = "timeout" })
            .ShouldBe("beta@b.lan is down: timeout");
        EventLines.Describe(new EventBody("refused", At) { Source = "10.0.0.9", Message = "the cookie differs" })
            .ShouldBe("refused 10.0.0.9: the cookie differs");
        EventLines.Describe(new EventBody("refused", At) { Source = "10.0.0.9", Reason = "connectionLost", Message = "closed without a word" })
            .ShouldBe("10.0.0.9 left before it was a peer: closed without a word");
    }

    [Fact]
    public async Task The_demo_shows_what_was_seen_as_it_is()
    {
        var output = new StringWriter();
        await new DemoSteps(output).RunAsync("[a step] :key:", _ => Task.FromResult("did:key:zDnBeta [red]"), CancellationToken.None);
        output.ToString().ShouldContain("1. [a step] :key:");
        output.ToString().ShouldContain("did:key:zDnBeta [red]");
    }

    [Fact]
    public void Text_of_a_peer_cannot_move_the_cursor_or_turn_the_line()
    {
        EventLines.Describe(new EventBody("warning", At) { Message = "\e[2Jgone\r\nfirn: all is well\u202E" })
            .ShouldBe("warning: \uFFFD[2Jgone\uFFFD\uFFFDfirn: all is well\uFFFD");
        Printable.Line("naïve – 日本").ShouldBe("naïve – 日本");
    }

    [Theory]
    [InlineData(0.2134, "0.213 ms")]
    [InlineData(12.44, "12.4 ms")]
    [InlineData(230.4, "230 ms")]
    public void Times_show_three_digits_that_matter(double milliseconds, string shown) =>
        PeerRows.Milliseconds(milliseconds).ShouldBe(shown);
}
