using System.Security.Cryptography;
using Firn.Identity;
using Firn.Protocol;
using Firn.Runtime;
using Firn.Testing;
using Firn.Transports;

namespace Firn.Tests.WebSockets;

/// <summary>Nodes that reach each other by WebSocket, served by their own web servers.</summary>
public sealed class WebSocketNodeTests : WebSocketNodeFixture
{
    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task Nodes_meet_and_exchange_messages_and_streams(string scheme)
    {
        var a = await DiallerAsync("a");
        var b = await ServeAsync("b", scheme);
        b.Node.HandleStreams("echo/1", stream => stream.CopyToAsync(stream));

        var peer = await a.ConnectAsync(b);
        var back = await b.PeerAsync("a");

        (peer.Transport, back.Transport).ShouldBe((scheme, scheme));
        peer.Address.ShouldBe(b.Address);
        await peer.PingAsync().WaitAsync(EventLog.Ceiling);
        await back.PingAsync().WaitAsync(EventLog.Ceiling);
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_000), received = new byte[sent.Length];
        await using var stream = await peer.OpenStreamAsync("echo/1");
        var writing = stream.WriteAsync(sent).AsTask();
        await stream.ReadExactlyAsync(received).AsTask().WaitAsync(EventLog.Ceiling);
        await writing;
        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
    }

    [Theory]
    [InlineData("ws", true)]
    [InlineData("wss", true)]
    [InlineData("ws", false)]
    [InlineData("wss", false)]
    public async Task A_node_that_stops_says_goodbye_at_either_end(string scheme, bool serverStops)
    {
        var a = await DiallerAsync("a");
        var b = await ServeAsync("b", scheme);
        await a.ConnectAsync(b);
        await b.PeerAsync("a");
        var (stops, stays) = serverStops ? (b, a) : (a, b);

        await stops.DisposeAsync();

        (await stays.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Shutdown);
    }

    [Fact]
    public async Task A_port_is_free_again_once_its_node_has_stopped()
    {
        var b = await ServeAsync("b");
        var a = await DiallerAsync("a");
        await a.ConnectAsync(b);
        await b.DisposeAsync();

        var next = await ServeAsync("b", change: o =>
        {
            o.Listen.Clear();
            o.Listen.Add(b.Address.ToString());
        });

        next.Address.ShouldBe(b.Address);
    }

    [Fact]
    public async Task A_hangup_ends_the_session_at_both_ends()
    {
        var a = await DiallerAsync("a");
        var b = await ServeAsync("b");
        var peer = await a.ConnectAsync(b);
        await b.PeerAsync("a");

        await peer.HangupAsync();

        (await b.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Hangup);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task A_link_that_is_cut_is_lost_at_both_ends_at_once(string scheme)
    {
        var a = await DiallerAsync("a");
        var b = await ServeAsync("b", scheme);
        var peer = await a.ConnectAsync(b);
        await b.PeerAsync("a");

        peer.Session.Link.Abort();

        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.TransportError);
        (await b.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.TransportError);
    }

    [Fact]
    public async Task The_end_that_serves_can_cut_a_link_too_and_its_request_ends()
    {
        var a = await DiallerAsync("a");
        var b = await ServeAsync("b");
        await a.ConnectAsync(b);
        var peer = await b.PeerAsync("a");

        peer.Session.Link.Abort();

        (await b.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.TransportError);
        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.TransportError);
        await b.DisposeAsync().AsTask().WaitAsync(EventLog.Ceiling);   // the server waits for its last request
    }

    [Fact]
    public async Task Whoever_does_not_read_holds_the_writer_up_and_nothing_else()
    {
        var a = await DiallerAsync("a");
        var b = await ServeAsync("b");
        var arrived = new TaskCompletionSource<FirnStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        b.Node.HandleStreams("slow/1", stream =>
        {
            arrived.SetResult(stream);
            return over.Task;
        });
        var peer = await a.ConnectAsync(b);
        await using var stream = await peer.OpenStreamAsync("slow/1");
        var writing = stream.WriteAsync(new byte[64 * 1024 * 1024]).AsTask();
        await arrived.Task.WaitAsync(EventLog.Ceiling);

        await peer.PingAsync().WaitAsync(EventLog.Ceiling);

        writing.IsCompleted.ShouldBeFalse();
        await b.DisposeAsync();
        await Should.ThrowAsync<Exception>(() => writing.WaitAsync(EventLog.Ceiling));
        over.SetResult();
    }

    [Fact]
    public async Task Peers_are_told_where_a_node_serves_WebSockets_and_dial_it_there()
    {
        var seed = await ServeAsync("seed");
        var b = await ServeAsync("b");
        var c = await ServeAsync("c");
        await b.ConnectAsync(seed);
        await c.ConnectAsync(seed);

        await seed.WaitUntilPeersAsync(b, c);
        await b.WaitUntilPeersAsync(c, seed);
        await c.WaitUntilPeersAsync(b, seed);

        b.Node.FindPeer("c").Transport.ShouldBe("ws");
    }

    [Fact]
    public async Task A_node_can_be_joined_by_an_invite_over_wss()
    {
        var inviter = await ServeAsync("inviter", "wss");
        var made = inviter.Node.Core.Invites.Create(1, TimeSpan.FromHours(1), trustOnly: false, []);
        using var invite = InviteLine.Parse(made.Line);
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var joiner = new Joiner(
            new JoinIdentity(NodeName.Parse("j@j.lan"), LeafProfile.DidOf(identity), VersionRange.Supported),
            new NodeCredentials(identity, DateTimeOffset.UtcNow), DefaultTransports.ForDialling(), TimeProvider.System);

        var (at, _) = await joiner.LookAsync(invite, CancellationToken.None).WaitAsync(EventLog.Ceiling);

        at.ShouldBe(inviter.Address);
        invite.Addresses.ShouldBe([inviter.Address]);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_to_be()
    {
        var b = await ServeAsync("b");

        var error = await Should.ThrowAsync<FirnException>(() => ServeAsync("c", change: o =>
        {
            o.Listen.Clear();
            o.Listen.Add(b.Address.ToString());
        }));

        error.Reason.ShouldBe(FailureReason.CannotListen);
        error.Message.ShouldContain("another program listens there");
        ListenFailure.IsPortTaken(error).ShouldBeTrue();
    }

    [Fact]
    public async Task A_library_without_a_web_server_says_which_package_and_call_it_takes()
    {
        var error = await Should.ThrowAsync<FirnException>(() => StartAsync("a", o => o.Listen.Add("ws://127.0.0.1:0")));

        error.Reason.ShouldBe(FailureReason.Unsupported);
        error.Message.ShouldContain("Firn.AspNetCore");
        error.Message.ShouldContain("ServeWebSockets()");
    }
}
