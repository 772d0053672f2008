using Firn.Discovery;
using Firn.Identity;
using Firn.Tests.Identity;

namespace Firn.Tests.Discovery;

public sealed class LocalNodesTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FirnHome _home;

    public LocalNodesTests() => _home = FirnHome.Open(_temporary.In("home"));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Other_nodes_of_the_cluster_that_listen_are_said_with_their_keys_and_where_this_machine_reaches_them()
    {
        using var self = Start("self", ["tcp://127.0.0.1:1"]);
        using var other = Start("other", ["tcp://0.0.0.0:2", "quic://0.0.0.0:2"]);
        using var foreign = Start("foreign", ["tcp://127.0.0.1:3"], cluster: "another");
        using var deaf = Start("deaf", []);

        var said = await new LocalNodes(_home).WatchAsync(
            new NodeSelf(self.Name, self.Did, new Incarnation(1), "default", [], DateTimeOffset.UtcNow, "firn/0"), default).ToListAsync();

        var found = said.ShouldHaveSingleItem().ShouldBeOfType<PeerFound>();
        (found.Key, found.Did).ShouldBe((other.Did.ToString(), other.Did));
        found.Addresses.ShouldBe([NodeAddress.Parse("tcp://127.0.0.1:2")]);
    }

    private NodeHome Start(string name, string[] listening, string cluster = "default")
    {
        var node = NodeHome.Acquire(_home, name, DateTimeOffset.UtcNow);
        RunningNodes.Announce(node, new RunningNode(
            node.Name, node.Did, Environment.ProcessId, cluster, [.. listening.Select(NodeAddress.Parse)], null, DateTimeOffset.UtcNow));
        return node;
    }
}
