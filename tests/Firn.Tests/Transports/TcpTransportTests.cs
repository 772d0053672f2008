using System.Net;
using System.Net.Sockets;
using System.Text;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Tests.Transports;

public sealed class TcpTransportTests : TcpFixture
{
    [Theory]
    [InlineData("127.0.0.1:0", "127.0.0.1")]
    [InlineData("[::1]:0", "[::1]")]
    [InlineData("localhost:0", "localhost")]
    [InlineData("0.0.0.0:0", "127.0.0.1")]
    [InlineData("[::]:0", "127.0.0.1")]
    [InlineData("[::]:0", "[::1]")]
    public async Task Both_families_can_be_listened_on_and_dialled(string listen, string dial)
    {
        await using var listener = await Tcp.ListenAsync(NodeAddress.Parse(listen), Ceiling);
        listener.Bound.Port.ShouldBeGreaterThan(0);

        var dialling = Tcp.DialAsync(NodeAddress.Create("tcp", dial, listener.Bound.Port), Leaves.Alpha, Ceiling).AsTask();
        using var pending = await listener.AcceptAsync(Ceiling);
        await using var accepted = await pending.SecureAsync(Leaves.Beta, Ceiling);
        await using var dialled = await dialling;

        accepted.RemoteEndPoint!.Address.IsIPv4MappedToIPv6.ShouldBeFalse();
        IPAddress.IsLoopback(accepted.RemoteEndPoint.Address).ShouldBeTrue();
        pending.Origin.ShouldBe(accepted.RemoteEndPoint.Address.ToString());
        dialled.RemoteEndPoint!.Port.ShouldBe(listener.Bound.Port);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_to_be()
    {
        var error = await Should.ThrowAsync<FirnException>(async () => await Tcp.ListenAsync(Listener.Bound, Ceiling));

        error.Reason.ShouldBe(FailureReason.CannotListen);
        error.Message.ShouldContain(Listener.Bound.ToString());
        ListenFailure.IsPortTaken(error).ShouldBeTrue();
    }

    [Theory]
    [InlineData("192.0.2.1:0", "no interface")]
    [InlineData("no-such-host.invalid:0", "does not resolve")]
    public async Task An_address_of_another_machine_cannot_be_listened_on(string address, string why)
    {
        var error = await Should.ThrowAsync<FirnException>(async () => await Tcp.ListenAsync(NodeAddress.Parse(address), Ceiling));

        error.Reason.ShouldBe(FailureReason.CannotListen);
        error.Message.ShouldContain(why);
        ListenFailure.IsPortTaken(error).ShouldBeFalse();
    }

    [Fact]
    public async Task Dialling_where_nothing_listens_says_so()
    {
        var address = Listener.Bound;
        await Listener.DisposeAsync();

        var error = await DialFailureAsync(address);

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("refused");
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_unreachable()
    {
        var error = await DialFailureAsync(NodeAddress.Parse("no-such-host.invalid"));

        error.Reason.ShouldBe(FailureReason.Unreachable);
        error.Message.ShouldContain("no-such-host.invalid");
    }

    [Fact]
    public async Task The_next_address_of_a_name_is_tried_when_one_does_not_answer()
    {
        var options = new TcpOptions();
        var (socket, remote) = await TcpDialer.ConnectAsync(
            Listener.Bound, _ => new([IPAddress.IPv6Loopback, IPAddress.Parse("127.9.9.9"), IPAddress.Loopback]), options, Ceiling);

        socket.Dispose();
        remote.Address.ShouldBe(IPAddress.Loopback);
    }

    [Fact]
    public async Task A_dial_can_come_from_a_chosen_address()
    {
        var tcp = Transport(new TcpOptions { DialFrom = IPAddress.Parse("127.0.3.7") });
        var dialling = tcp.DialAsync(Listener.Bound, Leaves.Alpha, Ceiling).AsTask();

        var pending = await Listener.AcceptAsync(Ceiling);
        pending.Origin.ShouldBe("127.0.3.7");

        pending.Dispose();
        (await Should.ThrowAsync<FirnException>(dialling)).Reason.ShouldBe(FailureReason.ConnectionLost);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", FailureReason.NotFirn, "an HTTP server")]
    [InlineData("SSH-2.0-OpenSSH_10.0\r\n", FailureReason.NotFirn, "an SSH server")]
    [InlineData("220", FailureReason.NotFirn, "something without TLS")]
    [InlineData("", FailureReason.ConnectionLost, "closed the connection")]
    public async Task A_dialler_says_what_answered_instead(string greeting, FailureReason reason, string found)
    {
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        var address = NodeAddress.Create("tcp", "127.0.0.1", ((IPEndPoint)listening.LocalEndpoint).Port);
        var dialling = DialFailureAsync(address);
        using var server = await listening.AcceptSocketAsync(Ceiling);
        await server.SendAsync(Encoding.ASCII.GetBytes(greeting), Ceiling);
        server.Shutdown(SocketShutdown.Send);

        var error = await dialling;

        error.Reason.ShouldBe(reason);
        error.Message.ShouldContain(found);
        error.Message.ShouldContain(address.ToString());
    }

    [Fact]
    public async Task Nothing_ends_the_accepting_but_disposal()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        var troubles = new Queue<SocketError>([SocketError.ConnectionAborted, SocketError.TooManyOpenSockets, SocketError.NoBufferSpaceAvailable]);
        await using var listener = new TcpTransportListener(
            listening,
            new TcpOptions(),
            TimeProvider.System,
            NullLogger.Instance,
            ct => troubles.TryDequeue(out var trouble) ? throw new SocketException((int)trouble) : listening.AcceptAsync(ct));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, listener.Bound.Port, Ceiling);

        using var pending = await listener.AcceptAsync(Ceiling);
        var waiting = listener.AcceptAsync(Ceiling).AsTask();
        await listener.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(waiting);
        await Should.ThrowAsync<ObjectDisposedException>(async () => await listener.AcceptAsync(Ceiling));
    }

    [Fact]
    public async Task The_kernel_holds_little_that_is_unsent_of_a_dialled_and_of_an_accepted_connection()
    {
        var options = new TcpOptions { UnsentLowWater = 70_000 };
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        var address = NodeAddress.Parse($"127.0.0.1:{((IPEndPoint)listening.LocalEndpoint).Port}");

        var (dialled, _) = await TcpDialer.ConnectAsync(address, _ => new([IPAddress.Loopback]), options, Ceiling);
        using var accepted = await listening.AcceptSocketAsync(Ceiling);
        using var pending = new TcpPendingLink(accepted, options, TimeProvider.System);

        using (dialled)
        {
            (dialled.NoDelay, accepted.NoDelay).ShouldBe((true, true));
            if (OperatingSystem.IsLinux())
                (dialled.UnsentLowWater(), accepted.UnsentLowWater()).ShouldBe((70_000, 70_000));
        }
    }

    private Task<FirnException> DialFailureAsync(NodeAddress address) =>
        Should.ThrowAsync<FirnException>(async () => await Tcp.DialAsync(address, Leaves.Alpha, Ceiling));
}
