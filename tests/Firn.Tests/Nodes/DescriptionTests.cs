using Firn.Testing;

namespace Firn.Tests.Nodes;

public sealed class DescriptionTests : NodeFixture
{
    [Fact]
    public async Task A_change_reaches_the_peers_and_both_ends_take_complementary_roles()
    {
        var a = await StartAsync("a", o => o.Capabilities.Add(NodeCapability.Entry));
        var b = await StartAsync("b");
        var bAtA = await a.ConnectAsync(b);
        var aAtB = await b.PeerAsync("a");
        (bAtA.Role, aAtB.Role).ShouldBe((NodeRole.Indeterminate, NodeRole.Indeterminate));
        bAtA.RoleReason.ShouldNotBeNull();

        await b.Node.DescribeAsync(d => d with { Capabilities = [NodeCapability.Exit, "x.custom"] });

        await a.Events.FirstAsync<PeerChangedEvent>(e => e.Peer.Capabilities.Contains("x.custom"));
        await b.Events.FirstAsync<PeerChangedEvent>();   // its own words have changed the role of a
        (bAtA.Role, aAtB.Role).ShouldBe((NodeRole.Exit, NodeRole.Entry));

        await b.Node.DescribeAsync(d => d with { RoleHint = RoleHint.Exclude(NodeRole.Exit) });
        await a.Events.FirstAsync<PeerChangedEvent>(e => e.Peer.Description.RoleHint == RoleHint.Exclude(NodeRole.Exit));
        (bAtA.Role, aAtB.Role).ShouldBe((NodeRole.Indeterminate, NodeRole.Indeterminate));
        bAtA.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public async Task However_often_it_changes_the_last_word_arrives_and_no_session_suffers()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        var peer = await a.ConnectAsync(b);

        for (int i = 0; i <= 200; i++)
            _ = b.Node.DescribeAsync(d => d with { Capabilities = [$"v{i}"] });

        await NodeGroup.UntilAsync(() => peer.Capabilities is ["v200"], "the last description");
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        b.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Changes_that_come_at_once_are_all_made()
    {
        var a = await StartAsync("a");

        Parallel.For(0, 16, i => a.Node.DescribeAsync(d => d with { Capabilities = [.. d.Capabilities, $"c{i}"] }));

        a.Node.Description.Capabilities.Count.ShouldBe(16);
    }

    [Fact]
    public async Task A_description_outside_its_limits_is_refused_and_changes_nothing()
    {
        var a = await StartAsync("a");
        var before = a.Node.Description;

        Should.Throw<FirnException>(() => a.Node.DescribeAsync(d => d with { Capabilities = ["Not A Capability"] }))
            .Reason.ShouldBe(FailureReason.InvalidInput);

        a.Node.Description.Capabilities.ShouldBe(before.Capabilities);
        await (await StartAsync("b")).ConnectAsync(a);   // and it still gets through handshakes
    }

    [Fact]
    public async Task Peers_hear_where_a_node_listens()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        var peer = await a.ConnectAsync(b);

        await NodeGroup.UntilAsync(() => peer.Description.Addresses.SequenceEqual([b.Address]), "the addresses");
    }
}

/// <summary>The same where time matters.</summary>
public sealed class DescriptionTimingTests : VirtualNodeFixture
{
    [Fact]
    public async Task Changes_in_a_steady_stream_are_told_as_fast_as_peers_put_up_with()
    {
        var (a, b) = await PairAsync();
        var peer = a.Node.Peers[0];

        for (int i = 0; i <= 60; i++)
        {
            _ = b.Node.DescribeAsync(d => d with { Capabilities = [$"w{i}"] });
            await DriveAsync(0.05);   // so slowly that none takes the place of another
        }

        for (int second = 0; second < 5 && peer.Capabilities is not ["w60"]; second++)
            await DriveAsync(1);
        peer.Capabilities.ShouldBe(["w60"]);
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        b.Events.Of<PeerDownEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_at_whatever_moment_of_a_handshake_is_not_lost()
    {
        Network.Latency = (_, _) => TimeSpan.FromMilliseconds(100);
        var a = await StartAsync("a");
        for (int i = 0; i < 20; i++)
        {
            var b = await StartAsync($"b{i}");
            await DriveAsync(0.05);
            var dialling = b.ConnectAsync(a);
            await DriveAsync(0.1 * i);

            _ = b.Node.DescribeAsync(d => d with { Capabilities = ["changed"] });

            await DriveAsync(dialling);
            var peer = await DriveAsync(a.PeerAsync($"b{i}"));
            for (int step = 0; step < 20 && peer.Capabilities is not ["changed"]; step++)
                await DriveAsync(0.1);
            peer.Capabilities.ShouldBe(["changed"], $"changed {100 * i} ms after the dial");
        }
    }
}
