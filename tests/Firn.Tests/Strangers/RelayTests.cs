using System.Net;
using System.Net.Sockets;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

public sealed class RelayTests : NodeFixture
{
    [Fact]
    public async Task A_relay_that_passes_TLS_through_is_just_a_wire()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var passing = PassAsync(listener, b.Address);

        var peer = await a.Node.ConnectAsync($"tcp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}").WaitAsync(EventLog.Ceiling);

        peer.Did.ShouldBe(b.Node.Self.Did);
        await a.DisposeAsync();
        await passing.WaitAsync(EventLog.Ceiling);
    }

    /// <summary>Passes on one connection, in both directions, until one side hangs up.</summary>
    private static async Task PassAsync(TcpListener listener, NodeAddress target)
    {
        using var inside = await listener.AcceptTcpClientAsync();
        using var outside = await RawTls.ConnectAsync(target);
        await Task.WhenAny(inside.GetStream().CopyToAsync(outside.GetStream()), outside.GetStream().CopyToAsync(inside.GetStream()));
    }
}
