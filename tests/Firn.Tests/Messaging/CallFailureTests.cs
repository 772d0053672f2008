using Firn.Testing;

namespace Firn.Tests.Messaging;

/// <summary>Every call ends: with its reply, or with a failure that says why, as soon as that is known.</summary>
public sealed class CallFailureTests : ProcessFixture
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_ends_fails_the_calls_it_has_taken_and_those_it_has_not(bool isRemote)
    {
        var taken = new TaskCompletionSource();
        var (node, process) = await SpawnAsync<int>(isRemote, async self =>
        {
            await self.ReceiveAsync();
            await self.ReceiveAsync();
            taken.SetResult();
            await Task.Delay(Timeout.Infinite, self.Exiting);
        });
        var calls = Enumerable.Range(0, 5).Select(i => process.CallAsync<int>(i, Long).AsTask()).ToArray();
        await taken.Task.WaitAsync(EventLog.Ceiling);

        node.Node.Exit(process, ExitReason.Custom("enough"));

        foreach (var call in calls)
        {
            var failure = await FailureAsync(call);
            failure.Reason.ShouldBe(FailureReason.NoProcess);
        }

        (await FailureAsync(process.SendAsync(1))).Reason.ShouldBe(FailureReason.NoProcess);
        (await FailureAsync(process.CallAsync<int>(1))).Reason.ShouldBe(FailureReason.NoProcess);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_that_is_disposed_fails_all_calls_of_its_own_and_those_of_others(bool isCallersNode)
    {
        var (alpha, beta, _) = await PairAsync();
        var (local, remote) = (alpha.Node.Spawn<int>(NeverAnswer), alpha.Sees(beta.Node.Spawn<int>(NeverAnswer)));
        var (atLocal, atRemote) = (local.CallAsync<int>(1, Long).AsTask(), remote.CallAsync<int>(2, Long).AsTask());
        await SettleAsync(alpha, beta.Node.Self.Name);

        await (isCallersNode ? alpha : beta).DisposeAsync();

        if (isCallersNode)
            (await FailureAsync(atLocal)).Reason.ShouldBeOneOf(FailureReason.NoProcess, FailureReason.ShuttingDown);
        (await FailureAsync(atRemote)).Reason.ShouldBe(isCallersNode ? FailureReason.NotConnected : FailureReason.NoProcess);
        Should.Throw<ObjectDisposedException>(() => (isCallersNode ? alpha : beta).Node.Spawn<int>(NeverAnswer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_is_answered_once_or_refused_and_a_message_never(bool isRemote)
    {
        var second = new TaskCompletionSource<Exception?>();
        var (_, process) = await SpawnAsync<string>(isRemote, async self =>
        {
            await foreach (var message in self.Messages)
            {
                if (message.Body == "refuse")
                {
                    message.Refuse("because I can");
                    continue;
                }

                message.IsCall.ShouldBe(message.Body != "tell");
                await message.ReplyAsync(message.Body);
                if (message.IsCall)
                    second.TrySetResult(await Record.ExceptionAsync(() => message.ReplyAsync("again").AsTask()));
                message.IsCall.ShouldBe(message.Body != "tell");
            }
        });

        await process.SendAsync("tell");
        (await process.CallAsync<string>("ask")).ShouldBe("ask");
        (await second.Task.WaitAsync(EventLog.Ceiling)).ShouldBeOfType<InvalidOperationException>();
        var refusal = await FailureAsync(process.CallAsync<string>("refuse"));
        (refusal.Reason, refusal.Message).ShouldBe((FailureReason.CallFailed, "because I can"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reply_to_a_caller_that_gave_up_is_nobodys(bool isRemote)
    {
        var (taken, goOn, replied) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var (_, process) = await SpawnAsync<string>(isRemote, async self =>
        {
            var late = await self.ReceiveAsync();
            taken.SetResult();
            await goOn.Task;
            await late.ReplyAsync("late");
            replied.SetResult();
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        using var giveUp = new CancellationTokenSource();
        var call = process.CallAsync<string>("first", Long, giveUp.Token).AsTask();
        await taken.Task.WaitAsync(EventLog.Ceiling);
        await giveUp.CancelAsync();
        (await Should.ThrowAsync<OperationCanceledException>(() => call)).CancellationToken.ShouldBe(giveUp.Token);
        await Should.ThrowAsync<OperationCanceledException>(async () => await process.SendAsync("cancelled already", giveUp.Token));
        await Should.ThrowAsync<OperationCanceledException>(async () => await process.CallAsync<int>("cancelled already", Long, giveUp.Token));

        var next = process.CallAsync<string>("second", Long);
        goOn.SetResult();

        await replied.Task.WaitAsync(EventLog.Ceiling);
        (await next.AsTask().WaitAsync(EventLog.Ceiling)).ShouldBe("second");
    }

    [Theory]
    [InlineData("delegate")]
    [InlineData("null bytes")]
    [InlineData("large")]
    public async Task A_reply_that_cannot_be_sent_fails_at_both_ends(string kind)
    {
        var thrown = new TaskCompletionSource<Exception?>();
        var (_, process) = await SpawnAsync<string>(isRemote: true, async self =>
        {
            await foreach (var message in self.Messages)
            {
                thrown.TrySetResult(await Record.ExceptionAsync(() => message.Body switch
                {
                    "delegate" => message.ReplyAsync(() => 1).AsTask(),
                    "null bytes" => message.ReplyAsync<byte[]>(null!).AsTask(),
                    _ => message.ReplyAsync(new byte[(16 << 20) + 1]).AsTask(),
                }));
            }
        });

        (await FailureAsync(process.CallAsync<byte[]>(kind, Long))).Reason.ShouldBe(FailureReason.CallFailed);
        (await thrown.Task.WaitAsync(EventLog.Ceiling)).ShouldBeOfType<FirnException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_side_cannot_read_is_a_bad_message_for_the_caller(bool isRemote)
    {
        var (_, process) = await SpawnAsync<string>(isRemote, static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });

        (await FailureAsync(process.CallAsync<int>("word"))).Reason.ShouldBe(FailureReason.BadMessage);
        (await FailureAsync(process.Id.As<int>().CallAsync<string>(7))).Reason.ShouldBe(FailureReason.BadMessage);
        (await process.CallAsync<string>("still there")).ShouldBe("still there");
    }

    [Fact]
    public async Task What_cannot_become_bytes_is_refused_at_the_sender()
    {
        var (_, process) = await SpawnAsync<object>(isRemote: true, NeverAnswer);

        var failure = await FailureAsync(process.Id.As<Func<int>>().SendAsync(() => 1));
        (failure.Reason, failure.Message.Contains("delegate")).ShouldBe((FailureReason.NotSerializable, true));
        (await FailureAsync(process.Id.As<Task>().SendAsync(Task.CompletedTask))).Reason.ShouldBe(FailureReason.NotSerializable);
        (await FailureAsync(process.Id.As<Stream>().CallAsync<int>(Stream.Null))).Reason.ShouldBe(FailureReason.NotSerializable);
    }
}
