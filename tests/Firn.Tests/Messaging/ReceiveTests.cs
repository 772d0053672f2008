using Firn.Tests.Nodes;

namespace Firn.Tests.Messaging;

/// <summary>What a process takes from its mailbox, and when it gives up waiting.</summary>
public sealed class ReceiveTests : NodeFixture
{
    [Fact]
    public async Task A_wait_that_is_cancelled_as_it_begins_ends()
    {
        var alpha = await StartAsync("alpha");
        var rounds = new TaskCompletionSource<int>();
        alpha.Node.Spawn<int>(async self =>
        {
            int cancelled = 0;
            for (int i = 0; i < 20_000; i++)
            {
                using var source = new CancellationTokenSource();
                var cancelling = Task.Run(source.Cancel);
                try
                {
                    await self.ReceiveAsync(source.Token);
                }
                catch (OperationCanceledException)
                {
                    cancelled++;
                }

                await cancelling;
            }

            rounds.SetResult(cancelled);
        });

        (await rounds.Task.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(20_000);
    }
}
