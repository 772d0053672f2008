using Firn.Testing;

namespace Firn.Tests.Nodes;

public sealed class JoiningTests : NodeFixture
{
    [Fact]
    public async Task Two_nodes_see_each_other_and_agree_on_everything()
    {
        var a = await StartAsync("a", o => o.Capabilities.Add(NodeCapability.Entry));
        var b = await StartAsync("b", o => o.Capabilities.Add(NodeCapability.Exit));

        var b1 = await a.ConnectAsync(b);
        var a1 = await b.PeerAsync("a");

        (b1.Name, b1.Did, b1.Incarnation).ShouldBe((b.Node.Self.Name, b.Node.Self.Did, b.Node.Self.Incarnation));
        (a1.Name, a1.Did, a1.Incarnation).ShouldBe((a.Node.Self.Name, a.Node.Self.Did, a.Node.Self.Incarnation));
        a1.SessionId.ShouldBe(b1.SessionId);
        (b1.Direction, a1.Direction).ShouldBe((SessionDirection.Outbound, SessionDirection.Inbound));
        b1.Address.ShouldBe(b.Address);
        a1.Address.Host.ShouldBe("127.0.0.1");
        (b1.Transport, a1.Transport).ShouldBe(("tcp", "tcp"));
        (b1.Role, a1.Role).ShouldBe((NodeRole.Exit, NodeRole.Entry));
        (b1.RoleReason, a1.RoleReason).ShouldBe((null, null));
        b1.Capabilities.ShouldBe([NodeCapability.Exit]);
        b1.SoftwareVersion.ShouldBe(b.Node.Self.SoftwareVersion);
        b1.IsConnected.ShouldBeTrue();
        (await b1.PingAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
        a.Node.FindPeer("b").ShouldBeSameAs(b1);
    }

    [Fact]
    public async Task Dialling_a_connected_node_again_completes_with_the_session_that_is_there()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        var first = await a.ConnectAsync(b);
        await b.PeerAsync("a");
        var id = first.SessionId;

        var again = await a.Node.ConnectAsync($"tcp://localhost:{b.Address.Port}");
        var back = await b.ConnectAsync(a);

        again.ShouldBeSameAs(first);
        (again.SessionId, back.SessionId).ShouldBe((id, id));
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        b.Events.Of<PeerUpEvent>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Connecting_to_one_node_connects_to_all_that_it_knows()
    {
        var seed = await StartAsync("seed");
        var others = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => StartAsync($"n{i}", o => o.Peers.Add(seed.Address.ToString()))));
        LiveNode[] all = [seed, .. others];

        foreach (var node in all)
            await node.WaitUntilPeersAsync(all.Except([node]));

        foreach (var node in all)
        {
            foreach (var other in all.Except([node]))
                await ShouldShareOneSessionAsync(node, other);
            node.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_node_without_mesh_connects_only_where_it_is_told_to()
    {
        var seed = await StartAsync("seed");
        var other = await StartAsync("other", o => (o.Mesh = MeshMode.None, o.Peers).Peers.Add(seed.Address.ToString()));
        var loner = await StartAsync("loner", o => (o.Mesh = MeshMode.None, o.Peers).Peers.Add(seed.Address.ToString()));
        var third = await StartAsync("third", o => o.Peers.Add(seed.Address.ToString()));

        await third.WaitUntilPeersAsync(seed, other, loner);   // news has travelled
        await loner.WaitUntilPeersAsync(seed, third);
        await other.WaitUntilPeersAsync(seed, third);
    }

    [Fact]
    public async Task Two_nodes_of_one_home_find_each_other_without_options()
    {
        var home = Directory.CreateTempSubdirectory("firn-test-").FullName;
        try
        {
            NodeOptions Options() => new() { Home = home, Listen = { "tcp://127.0.0.1:0" } };
            await using var first = await Nodes.StartAsync(Options());
            await using var second = await Nodes.StartAsync(Options());

            await first.WaitUntilPeersAsync(second);
            await second.WaitUntilPeersAsync(first);
            second.Name.ShouldBe(first.Name + "-2");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_peer_is_found_by_its_full_name_its_name_or_an_unambiguous_beginning()
    {
        var a = await StartAsync("a");
        foreach (var name in new[] { "beta", "bert" })
            await a.ConnectAsync(await StartAsync(name));

        a.Node.FindPeer("beta@beta.lan").Name.Name.ShouldBe("beta");
        a.Node.FindPeer("bert").Name.Name.ShouldBe("bert");
        a.Node.FindPeer("bet").Name.Name.ShouldBe("beta");
        Should.Throw<FirnException>(() => a.Node.FindPeer("be")).Reason.ShouldBe(FailureReason.InvalidInput);
        var unknown = Should.Throw<FirnException>(() => a.Node.FindPeer("gamma"));
        unknown.Reason.ShouldBe(FailureReason.NotConnected);
        unknown.Message.ShouldContain("beta@beta.lan");
        Should.Throw<FirnException>(() => a.Node.FindPeer("")).Reason.ShouldBe(FailureReason.NotConnected);
    }

    [Fact]
    public async Task Handlers_run_in_order_and_one_that_throws_stops_nothing()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        var seen = new List<string>();
        var down = new TaskCompletionSource();
        a.Node.PeerUp += peer =>
        {
            seen.Add($"up {peer}");
            throw new InvalidOperationException("a handler's own fault");
        };
        a.Node.PeerDown += (peer, reason) =>
        {
            seen.Add($"down {peer} {reason}");
            down.SetResult();
        };

        await a.ConnectAsync(b);
        await b.DisposeAsync();
        await down.Task.WaitAsync(EventLog.Ceiling);

        seen.ShouldBe(["up b@b.lan", "down b@b.lan Shutdown"]);
    }
}
