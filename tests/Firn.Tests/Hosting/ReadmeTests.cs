using Firn.Testing;

namespace Firn.Tests.Hosting;

public sealed class ReadmeTests
{
    /// <summary>The program of the README, with addresses that a test can have and the lines it prints kept.</summary>
    [Fact]
    public async Task The_program_of_the_README_does_what_it_says()
    {
        await using var group = new NodeGroup();
        var other = await group.StartAsync("beta");
        var lines = new List<string>();

        // README: begin
        await using var node = await Node.StartAsync(group.Options("shop"));
        node.PeerUp += peer => lines.Add($"{peer.Name} is here, over {peer.Address}");
        node.PeerDown += (peer, why) => lines.Add($"{peer.Name} is gone: {why}");

        Peer beta = await node.ConnectAsync(other.Address.ToString());
        TimeSpan rtt = await beta.PingAsync();
        // README: end

        rtt.ShouldBeGreaterThan(TimeSpan.Zero);
        await node.DisposeAsync();
        lines.ShouldBe([$"beta@beta.lan is here, over {other.Address}", "beta@beta.lan is gone: Shutdown"]);
    }
}
