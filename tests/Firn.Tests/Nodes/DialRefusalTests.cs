using System.Net;
using System.Net.Sockets;
using System.Text;
using Firn.Testing;

namespace Firn.Tests.Nodes;

/// <summary>Everything that a dial can meet instead of a peer: its own reason and sentence each.</summary>
public sealed class DialRefusalTests : NodeFixture
{
    [Fact]
    public async Task With_passphrases_cookie_or_cluster_differ()
    {
        var a = await StartAsync("a", o => o.Cookie = "correct horse");
        var b = await StartAsync("b", o => (o.Cookie, o.Cluster) = ("correct horse", "other"));

        var error = await DialFailureAsync(b, a.Address.ToString());

        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        error.Message.ShouldContain("cookies or clusters");
    }

    [Fact]
    public async Task An_HTTP_request_on_the_port_is_told_so()
    {
        var a = await StartAsync("a");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, a.Address.Port);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);

        (await reader.ReadToEndAsync().WaitAsync(EventLog.Ceiling)).ShouldStartWith("HTTP/1.1 400 ");
        var refused = await a.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.NotFirn);
        refused.Message.ShouldContain("HTTP");
    }

    [Theory]
    [InlineData("quic://127.0.0.1:4000")]
    [InlineData("wss://127.0.0.1")]
    public async Task A_transport_that_is_not_there_is_said_to_be_missing(string address)
    {
        var a = await StartAsync("a", options => options.Transports = [NodeGroup.TcpFrom("127.0.0.1")]);

        var error = await DialFailureAsync(a, address);

        error.Reason.ShouldBe(FailureReason.Unsupported);
        error.Message.ShouldContain("use tcp");
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_unreachable()
    {
        var a = await StartAsync("a");
        var gone = await StartAsync("gone");
        var address = gone.Address.ToString();
        await gone.DisposeAsync();

        var error = await DialFailureAsync(a, address);

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain(address);
        error.Message.ShouldContain("refused");
    }

    [Fact]
    public async Task A_malformed_address_is_refused_where_it_is_malformed()
    {
        var a = await StartAsync("a");

        var error = await DialFailureAsync(a, "127.0.0.1:port");

        error.Reason.ShouldBe(FailureReason.InvalidInput);
        error.Message.ShouldContain("port");
    }

    [Fact]
    public async Task A_configured_peer_that_cannot_be_reached_is_reported_and_tried_again()
    {
        var late = await StartAsync("late");
        var address = late.Address.ToString();
        await late.DisposeAsync();
        var a = await StartAsync("a", o => o.Peers.Add(address));

        var failed = await a.Events.FirstAsync<DialFailedEvent>();
        (failed.Reason, failed.WillRetry).ShouldBe((FailureReason.Unreachable, true));
        failed.Address.ToString().ShouldBe(address);

        await StartAsync("late", o => o.Listen[0] = address);
        await a.PeerAsync("late");
    }
}
