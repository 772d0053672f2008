using System.Net.Sockets;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

/// <summary>Snow 4 and 16, wallhack 4: whoever holds connections and says nothing keeps nobody else out.</summary>
public sealed class FloodTests : NodeFixture
{
    [Fact]
    public async Task Fifty_nodes_join_while_one_source_holds_all_the_silent_connections_that_it_can()
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);   // stands still: no silent connection ever runs into its deadline
        var seed = await StartAsync("seed", o => o.TimeProvider = time);
        var silent = new List<TcpClient>();
        for (int i = 0; i < 100; i++)
            silent.Add(await RawTls.ConnectAsync(seed.Address));
        await NodeGroup.UntilAsync(() => seed.Node.Core.Acceptor.Strangers >= 64, "the silent connections to be taken");

        var honest = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            var node = await StartAsync($"n{i}", o => (o.Mesh, o.Transports) = (MeshMode.None, [NodeGroup.TcpFrom($"127.0.{1 + (i / 25)}.{1 + i}")]));
            await node.ConnectAsync(seed);
            return node;
        }));

        await seed.WaitUntilPeersAsync(honest);
        seed.Node.Core.Acceptor.Strangers.ShouldBeGreaterThanOrEqualTo(32);   // its share is still held, unserved
        seed.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        silent.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Handshakes_that_never_end_hold_up_no_other()
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);
        var a = await StartAsync("a", o => o.TimeProvider = time);
        using var rogue = new Rogue();
        var stuck = new List<RogueLink>();
        for (int i = 0; i < 20; i++)
            stuck.Add(await rogue.DialAsync(a.Address));   // in the middle of their handshakes

        var b = await StartAsync("b");
        (await b.ConnectAsync(a)).IsConnected.ShouldBeTrue();

        foreach (var link in stuck)
            await link.DisposeAsync();
    }
}
