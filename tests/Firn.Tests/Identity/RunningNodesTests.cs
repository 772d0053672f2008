using Firn.Identity;

namespace Firn.Tests.Identity;

public sealed class RunningNodesTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FirnHome _home;

    public RunningNodesTests() => _home = FirnHome.Open(_temporary.In("home"));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Running_nodes_are_found_with_what_they_announced()
    {
        using var beta = Start("beta");
        using var alpha = Start("alpha");

        var found = RunningNodes.List(_home);

        found.Select(node => node.Name).ShouldBe([alpha.Name, beta.Name]);
        found[0].ShouldBe(Describe(alpha) with { Listening = found[0].Listening });
        found[0].Listening.ShouldBe(Describe(alpha).Listening);
    }

    [Fact]
    public void A_home_without_nodes_has_none_running() => RunningNodes.List(_home).ShouldBeEmpty();

    [Fact]
    public void A_node_that_has_not_announced_itself_is_not_listed()
    {
        using var node = NodeHome.Acquire(_home, "alpha", DateTimeOffset.UtcNow);
        RunningNodes.List(_home).ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_withdrew_is_not_listed()
    {
        using var node = Start("alpha");
        RunningNodes.Withdraw(node);
        RunningNodes.List(_home).ShouldBeEmpty();
    }

    [Fact]
    public void What_a_killed_node_left_behind_is_not_believed_and_goes()
    {
        var node = Start("alpha");
        node.Dispose();   // drops the lock and leaves the announcement, as SIGKILL does

        RunningNodes.List(_home).ShouldBeEmpty();
        File.Exists(Path.Combine(node.Directory!, "running.json")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"name\":\"not a name\",\"did\":\"did:key:x\",\"listening\":[]}")]
    public void A_garbled_announcement_hides_only_its_own_node(string text)
    {
        using var alpha = Start("alpha");
        using var beta = Start("beta");
        File.WriteAllText(Path.Combine(alpha.Directory!, "running.json"), text);

        RunningNodes.List(_home).Select(node => node.Name).ShouldBe([beta.Name]);
    }

    private NodeHome Start(string name)
    {
        var node = NodeHome.Acquire(_home, name, DateTimeOffset.UtcNow);
        RunningNodes.Announce(node, Describe(node));
        return node;
    }

    private static RunningNode Describe(NodeHome node) => new(
        node.Name,
        node.Did,
        Environment.ProcessId,
        "lab",
        [NodeAddress.Parse("tcp://127.0.0.1:4000"), NodeAddress.Parse("tcp://[::1]:4001")],
        "/run/user/1/firn/x.sock",
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
}
