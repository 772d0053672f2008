using Firn.Testing;

namespace Firn.Tests.Messaging;

public sealed class NameTests : ProcessFixture
{
    [Fact]
    public async Task A_name_belongs_to_one_process_until_it_ends_or_is_taken_back()
    {
        var node = (await StartAsync("alpha")).Node;
        var (first, second) = (node.Spawn<int>("one", NeverAnswer), node.Spawn<int>(NeverAnswer));
        Taken(() => node.RegisterName("one", second));
        Taken(() => node.Spawn<int>("one", NeverAnswer));
        node.RegisterName("two", first);
        (node.WhereIs("one"), node.WhereIs("two"), node.WhereIs("three")).ShouldBe((first.Id, first.Id, null));
        node.ProcessNames.ShouldBe(["one", "two"]);

        node.UnregisterName("one").ShouldBeTrue();
        node.UnregisterName("one").ShouldBeFalse();
        node.RegisterName("one", second);
        var down = node.WhenDownAsync(first);
        node.Exit(first, ExitReason.Killed);
        await down.WaitAsync(EventLog.Ceiling);

        node.ProcessNames.ShouldBe(["one"]);
        node.RegisterName("two", second);
        Should.Throw<FirnException>(() => node.RegisterName("three", first)).Reason.ShouldBe(FailureReason.NoProcess);
        Should.Throw<FirnException>(() => node.RegisterName("no name", second)).Reason.ShouldBe(FailureReason.InvalidInput);
        Should.Throw<FirnException>(() => node.Spawn<int>("no name", NeverAnswer)).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Fact]
    public async Task Of_many_that_are_started_under_one_name_at_once_one_has_it()
    {
        var node = (await StartAsync("alpha")).Node;
        for (int round = 0; round < 20; round++)
        {
            using var start = new Barrier(4);
            var pids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    try
                    {
                        return node.Spawn<int>("one", NeverAnswer).Id;
                    }
                    catch (FirnException e) when (e.Reason == FailureReason.NameTaken)
                    {
                        return default;
                    }
                },
                TaskCreationOptions.LongRunning)));
            var winner = pids.Single(p => !p.IsNone);
            node.WhereIs("one").ShouldBe(winner);
            var down = node.WhenDownAsync(winner);
            node.Exit(winner, ExitReason.Killed);
            await down.WaitAsync(EventLog.Ceiling);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_a_name_now_gets_what_is_sent_to_it(bool isRemote)
    {
        var (alpha, beta, _) = await PairAsync();
        var owner = isRemote ? beta.Node : alpha.Node;
        Pid<int> Start(string answer) => owner.Spawn<int>(async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(answer);
        });
        var named = alpha.Node.Named<int>("one", owner.Self.Name);
        (await FailureAsync(named.CallAsync<string>(0))).Reason.ShouldBe(FailureReason.NoProcess);

        owner.RegisterName("one", Start("first"));
        (await AnswerAsync(named)).ShouldBe("first");

        owner.UnregisterName("one");
        owner.RegisterName("one", Start("second"));
        (await AnswerAsync(named)).ShouldBe("second");

        owner.Exit(owner.WhereIs("one")!.Value, ExitReason.Killed);
        await NodeGroup.UntilAsync(() => owner.WhereIs("one") is null, "the end of the second");
        owner.RegisterName("one", Start("third"));
        (await AnswerAsync(named)).ShouldBe("third");
        (await named.CallAsync<string>(1)).ShouldBe("third");
    }

    /// <summary>The answer of who has the name now. The one before may be met by a call under way, and by the next that is told it is gone.</summary>
    private static async Task<string> AnswerAsync(NamedProcess<int> named)
    {
        for (int failures = 0; ; failures++)
        {
            try
            {
                return await named.CallAsync<string>(0);
            }
            catch (FirnException e) when (e.Reason == FailureReason.NoProcess && failures < 2)
            {
            }
        }
    }

    private static void Taken(Action action) => Should.Throw<FirnException>(action).Reason.ShouldBe(FailureReason.NameTaken);
}
