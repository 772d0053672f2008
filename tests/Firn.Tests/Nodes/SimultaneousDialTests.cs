using System.Net;
using System.Net.Sockets;
using Firn.Testing;

namespace Firn.Tests.Nodes;

public sealed class SimultaneousDialTests : NodeFixture
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1" ? 500 : 40;

    [Fact]
    public async Task Three_nodes_that_mesh_at_once_have_one_session_per_pair()
    {
        for (int seed = 0; seed < Rounds / 8; seed++)
        {
            await using var group = new NodeGroup();
            var nodes = new[] { await group.StartAsync("a"), await group.StartAsync("b"), await group.StartAsync("c") };

            await Task.WhenAll(nodes.SelectMany(from => nodes.Where(to => to != from).Select(to => DialAsync(from, to, TimeSpan.Zero))));

            foreach (var node in nodes)
            {
                foreach (var other in nodes.Where(other => other != node))
                    await ShouldShareOneSessionAsync(node, other);
            }

            await Agreement.ShouldNotHaveFlappedAsync($"seed {seed}", nodes);
        }
    }

    [Fact]
    public async Task Nodes_that_are_configured_for_each_other_by_address_alone_have_one_session()
    {
        var (portA, portB) = (FreePort(), FreePort());
        var a = StartAsync("a", o => Configure(o, portA, portB));
        var b = StartAsync("b", o => Configure(o, portB, portA));
        await Task.WhenAll(a, b);

        await (await a).WaitUntilPeersAsync(await b);
        await ShouldShareOneSessionAsync(await a, await b);
        await Agreement.ShouldNotHaveFlappedAsync("by address", await a, await b);

        static void Configure(NodeOptions options, int own, int other)
        {
            options.Listen.Clear();
            options.Listen.Add($"tcp://127.0.0.1:{own}");
            options.Peers.Add($"127.0.0.1:{other}");
        }
    }

    [Fact]
    public async Task A_dial_to_a_tarpit_does_not_keep_the_good_dial_of_the_peer_out()
    {
        using var tarpit = new TcpListener(IPAddress.Loopback, 0);
        tarpit.Start();
        var a = await StartAsync("a", o => o.Peers.Add($"b@127.0.0.1:{((IPEndPoint)tarpit.LocalEndpoint).Port}"));
        using var stuck = await tarpit.AcceptTcpClientAsync().WaitAsync(EventLog.Ceiling);
        var b = await StartAsync("b");

        var dialled = await b.ConnectAsync(a);

        dialled.IsConnected.ShouldBeTrue();
        (await a.PeerAsync("b")).SessionId.ShouldBe(dialled.SessionId);
        a.Events.Of<DialFailedEvent>().ShouldBeEmpty();   // the other dial still waits
    }

    private static async Task<Peer> DialAsync(LiveNode from, LiveNode to, TimeSpan after)
    {
        await Task.Yield();
        for (long begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < after;)
            await Task.Yield();
        return await from.ConnectAsync(to);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
