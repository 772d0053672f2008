using Firn.Tests.Nodes;

namespace Firn.Tests.Messaging;

/// <summary>Processes over real sessions: spawn, send, call, end.</summary>
public class ProcessTests : NodeFixture
{
    private sealed record Add(int N);

    [Fact]
    public async Task A_registered_function_is_spawned_called_and_seen_to_end()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        beta.Node.Register<Add, int>("counter", static async (self, total) =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(total += message.Body.N);
        });
        var peer = await alpha.ConnectAsync(beta);

        Pid<Add> counter = await peer.SpawnAsync<Add, int>("counter", 5);
        (await counter.CallAsync<int>(new Add(2))).ShouldBe(7);
        (await counter.CallAsync<int>(new Add(3))).ShouldBe(10);

        var down = alpha.Node.WhenDownAsync(counter);
        alpha.Node.Exit(counter, ExitReason.Custom("enough"));
        (await down).ShouldBe(ExitReason.Custom("enough"));
        (await Should.ThrowAsync<FirnException>(() => counter.CallAsync<int>(new Add(1)).AsTask())).Reason.ShouldBe(FailureReason.NoProcess);
    }

    [Fact]
    public async Task Messages_and_calls_of_every_size_arrive()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        beta.Node.Spawn<byte[]>("echo", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        var peer = await alpha.ConnectAsync(beta);
        var echo = peer.Named<byte[]>("echo");

        foreach (int size in (int[])[0, 1, 64, 16_000, 16_376, 16_377, 40_000, 1 << 20, 16 << 20])
        {
            var sent = new byte[size];
            Random.Shared.NextBytes(sent);
            (await echo.CallAsync<byte[]>(sent, TimeSpan.FromSeconds(30))).SequenceEqual(sent).ShouldBeTrue($"{size} bytes");
        }

        var failure = await Should.ThrowAsync<FirnException>(() => echo.CallAsync<byte[]>(new byte[(16 << 20) + 1]).AsTask());
        failure.Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Fact]
    public async Task A_thousand_calls_at_once_are_all_answered_again_and_again()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        beta.Node.Spawn<int>("double", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(2 * message.Body);
        });
        var peer = await alpha.ConnectAsync(beta);
        var target = peer.Named<int>("double");

        for (int round = 0; round < 5; round++)
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => target.CallAsync<int>(i, TimeSpan.FromSeconds(30)).AsTask()));
            replies.ShouldBe(Enumerable.Range(0, 1000).Select(i => 2 * i));
        }
    }
}
