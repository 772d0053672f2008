namespace Firn.Tests.Messaging;

public sealed class PidTravelTests : ProcessFixture
{
    internal sealed record Introduction(Pid<int> Doubler, Inner Inner);

    internal sealed record Inner(Dictionary<Pid<int>, string> Known, Pid? Sender);

    [Fact]
    public async Task A_process_of_a_third_node_is_the_same_wherever_its_pid_is_read()
    {
        var (alpha, beta, _) = await PairAsync();
        var gamma = await StartAsync("gamma");
        await alpha.ConnectAsync(gamma);
        await beta.ConnectAsync(gamma);
        var doubler = gamma.Node.Spawn<int>(static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(2 * message.Body);
        });
        var asked = beta.Node.Spawn<Introduction>(static async self =>
        {
            await foreach (var message in self.Messages)
            {
                var (process, inner) = message.Body;
                int sum = await process.CallAsync<int>(1) + await inner.Known.Keys.Single().CallAsync<int>(10) + await inner.Sender!.Value.As<int>().CallAsync<int>(100);
                await message.ReplyAsync((sum, process));
            }
        });

        var known = alpha.Sees(doubler);
        var introduction = new Introduction(known, new Inner(new() { [known] = "doubler" }, known));
        var (sum, back) = await alpha.Sees(asked).CallAsync<(int Sum, Pid<int> Back)>(introduction);

        sum.ShouldBe(222);
        back.ShouldBe(doubler);
        (await back.CallAsync<int>(4)).ShouldBe(8);
    }
}
