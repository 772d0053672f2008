using Firn.Testing;

namespace Firn.Tests.Hosting;

public sealed class MessagingExampleTests
{
    /// <summary>The example of the design, with addresses that a test can have.</summary>
    [Fact]
    public async Task The_example_of_messaging_does_what_it_says()
    {
        await using var group = new NodeGroup();
        var other = await group.StartAsync("beta");
        Register(other.Node);

        await using var node = await Node.StartAsync(group.Options("shop"));
        var beta = await node.ConnectAsync(other.Address.ToString());
        Pid<Add> counter = await beta.SpawnAsync<Add, int>("counter", 0);
        int n = await counter.CallAsync<int>(new Add(2), TimeSpan.FromSeconds(30));
        n.ShouldBe(2);

        var down = node.WhenDownAsync(counter);
        node.Exit(counter, ExitReason.Shutdown);
        ExitReason why = await down;
        why.ShouldBe(ExitReason.Shutdown);
    }

    private static void Register(Node node) => node.Register<Add, int>("counter", async (self, total) =>
    {
        await foreach (var m in self.Messages)
            await m.ReplyAsync(total += m.Body.N);
    });

    private sealed record Add(int N);
}
