using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

public sealed class RelayTests : NodeFixture
{
    /// <summary>Snow 1: with leaves properly signed by its own identity, and every byte passed on as it came.</summary>
    [Fact]
    public async Task A_relay_that_ends_TLS_on_both_sides_gets_neither_node_in()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        await using var relay = new Relay(b.Address);

        var error = await DialFailureAsync(a, $"tcp://127.0.0.1:{relay.Port}");

        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        var refused = await b.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        refused.Message.ShouldContain("relays the connection");
        relay.Passed.ShouldBeGreaterThan(100);   // it did pass the handshake on
        a.Node.Peers.ShouldBeEmpty();
        b.Node.Peers.ShouldBeEmpty();
        a.Events.Of<PeerUpEvent>().ShouldBeEmpty();
        b.Events.Of<PeerUpEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_relay_that_passes_TLS_through_is_just_a_wire()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        await using var relay = new Relay(b.Address, endsTls: false);

        var peer = await a.Node.ConnectAsync($"tcp://127.0.0.1:{relay.Port}").WaitAsync(EventLog.Ceiling);

        peer.Did.ShouldBe(b.Node.Self.Did);
    }

    private sealed class Relay : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Rogue _identity = new();
        private readonly NodeAddress _target;
        private readonly bool _endsTls;
        private readonly Task _serving;
        private long _passed;

        public Relay(NodeAddress target, bool endsTls = true)
        {
            (_target, _endsTls) = (target, endsTls);
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public long Passed => Interlocked.Read(ref _passed);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            try
            {
                await _serving.WaitAsync(EventLog.Ceiling);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It was waiting for the next one.
            }

            _identity.Dispose();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                Stream inside = (await _listener.AcceptTcpClientAsync()).GetStream();
                Stream outside = (await RawTls.ConnectAsync(_target)).GetStream();
                if (_endsTls)
                {
                    var (server, client) = (new SslStream(inside), new SslStream(outside));
                    await Task.WhenAll(
                        server.AuthenticateAsServerAsync(RawTls.ServerOptions(_identity.Leaf)),
                        client.AuthenticateAsClientAsync(RawTls.ClientOptions(_identity.Leaf.Context)));
                    (inside, outside) = (server, client);
                }

                _ = PassAsync(inside, outside);
                _ = PassAsync(outside, inside);
            }
        }

        private async Task PassAsync(Stream from, Stream to)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                for (int length; (length = await from.ReadAsync(buffer)) > 0;)
                {
                    Interlocked.Add(ref _passed, length);
                    await to.WriteAsync(buffer.AsMemory(0, length));
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // One side has hung up; so does the other now.
            }

            await from.DisposeAsync();
            await to.DisposeAsync();
        }
    }
}
