using System.Buffers;
using System.Diagnostics;
using Firn.Messaging;
using EventLog = Firn.Testing.EventLog;

namespace Firn.Tests.Messaging;

/// <summary>Messages between processes of one node, and what a process does with its mailbox.</summary>
public sealed class LocalMessageTests : ProcessFixture
{
    [Fact]
    public async Task A_local_message_is_the_same_object_and_no_serializer_sees_it()
    {
        var node = (await StartAsync("alpha", o => o.Serializer = new Throwing())).Node;
        var echo = node.Spawn<Func<int>>(static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        Func<int> sent = () => 7;
        (await echo.CallAsync<Func<int>>(sent)).ShouldBeSameAs(sent);
    }

    [Fact]
    public async Task Bytes_that_are_lent_are_copied()
    {
        var node = (await StartAsync("alpha")).Node;
        var goOn = new TaskCompletionSource();
        var process = node.Spawn<ReadOnlyMemory<byte>>(async self =>
        {
            await goOn.Task;
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body.ToArray());
        });
        byte[] lent = [1, 2, 3];
        var call = process.CallAsync<byte[]>(lent);
        lent[0] = 9;
        goOn.SetResult();
        (await call).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task A_full_mailbox_keeps_its_senders_waiting_and_nobody_else()
    {
        var node = (await StartAsync("alpha")).Node;
        var goOn = new TaskCompletionSource();
        var got = new List<int>();
        var all = new TaskCompletionSource();
        var full = node.Spawn<int>(async self =>
        {
            await goOn.Task;
            await foreach (var message in self.Messages)
            {
                got.Add(message.Body);
                if (got.Count == Mailbox.MaxLocal + 2)
                    all.SetResult();
            }
        });
        for (int i = 0; i < Mailbox.MaxLocal; i++)
            full.SendAsync(i).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        using var cancellation = new CancellationTokenSource();
        var (waiting, cancelled, last) = (full.SendAsync(-1).AsTask(), full.SendAsync(-2, cancellation.Token).AsTask(), full.SendAsync(-3).AsTask());
        (waiting.IsCompleted, cancelled.IsCompleted).ShouldBe((false, false));
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled.WaitAsync(EventLog.Ceiling));

        var other = node.Spawn<int>(static async self => await (await self.ReceiveAsync()).ReplyAsync(5));
        (await other.CallAsync<int>(0)).ShouldBe(5);
        waiting.IsCompleted.ShouldBeFalse();

        goOn.SetResult();
        await Task.WhenAll(waiting, last, all.Task).WaitAsync(EventLog.Ceiling);
        got.ShouldBe([.. Enumerable.Range(0, Mailbox.MaxLocal), -1, -3]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_fills_its_own_mailbox_is_told_so(bool isByName)
    {
        var node = (await StartAsync("alpha")).Node;
        var ended = new TaskCompletionSource<int>();
        node.Spawn<int>("own", async self =>
        {
            for (int i = 0; i < Mailbox.MaxLocal; i++)
                await self.Pid.SendAsync(i);
            var named = node.Named<int>("own", node.Self.Name);
            var failure = await FailureAsync(isByName ? named.SendAsync(0) : self.Pid.SendAsync(0));
            (failure.Reason, failure.Message.Contains("own mailbox")).ShouldBe((FailureReason.Busy, true));
            (await FailureAsync(isByName ? named.CallAsync<int>(0) : self.Pid.CallAsync<int>(0))).Reason.ShouldBe(FailureReason.Busy);
            await self.ReceiveAsync();
            await self.Pid.SendAsync(0);
            ended.SetResult(1);
        });
        (await ended.Task.WaitAsync(EventLog.Ceiling)).ShouldBe(1);
    }

    [Fact]
    public async Task Receiving_may_be_cancelled_broken_off_and_taken_up_again_and_nothing_is_lost()
    {
        var node = (await StartAsync("alpha")).Node;
        var got = new List<int>();
        var (waits, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var cancellation = new CancellationTokenSource();
        var process = node.Spawn<int>(async self =>
        {
            waits.SetResult();
            await Should.ThrowAsync<OperationCanceledException>(() => self.ReceiveAsync(cancellation.Token).AsTask());
            await Should.ThrowAsync<OperationCanceledException>(async () =>
            {
                await foreach (var message in self.Messages.WithCancellation(cancellation.Token))
                    got.Add(message.Body);
            });
            got.Add((await self.ReceiveAsync()).Body);
            await foreach (var message in self.Messages)
            {
                got.Add(message.Body);
                break;
            }

            await foreach (var message in self.Messages)
            {
                got.Add(message.Body);
                if (got.Count == 6)
                    break;
            }

            done.SetResult();
        });
        await waits.Task;
        await cancellation.CancelAsync();
        for (int i = 0; i < 6; i++)
            await process.SendAsync(i);
        await done.Task.WaitAsync(EventLog.Ceiling);
        got.ShouldBe(Enumerable.Range(0, 6));
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_as_it_begins_ends()
    {
        var node = (await StartAsync("alpha")).Node;
        var done = new TaskCompletionSource();
        node.Spawn<int>(async self =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                using var cancellation = new CancellationTokenSource();
                ThreadPool.UnsafeQueueUserWorkItem(static c => c.Cancel(), cancellation, preferLocal: false);
                await Should.ThrowAsync<OperationCanceledException>(() => self.ReceiveAsync(cancellation.Token).AsTask().WaitAsync(EventLog.Ceiling));
            }

            done.SetResult();
        });
        await done.Task.WaitAsync(EventLog.Ceiling);
    }

    [Fact]
    public async Task What_a_process_has_started_hears_of_its_end_however_it_ends()
    {
        var node = (await StartAsync("alpha")).Node;
        var cancelled = new TaskCompletionSource();
        node.Spawn<int>(self =>
        {
            self.Exiting.Register(cancelled.SetResult);
            return Task.CompletedTask;
        });
        await cancelled.Task.WaitAsync(EventLog.Ceiling);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_tells_where_its_sender_stood_in_a_trace(bool isRemote)
    {
        var traces = new List<ActivityContext>();
        var (_, process) = await SpawnAsync<int>(isRemote, async self =>
        {
            await foreach (var message in self.Messages)
            {
                traces.Add(message.Trace);
                await message.ReplyAsync(message.Body);
            }
        });
        Activity.Current = null;
        await process.CallAsync<int>(1);
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        await process.SendAsync(2);
        await process.CallAsync<int>(3);

        traces[0].ShouldBe(default);
        foreach (var trace in traces[1..])
            (trace.TraceId, trace.SpanId, trace.IsRemote).ShouldBe((activity.TraceId, activity.SpanId, true));
    }

    private sealed class Throwing : MessageSerializer
    {
        public override void Serialize<T>(T value, IBufferWriter<byte> output) => throw new NotSupportedException();

        public override T Deserialize<T>(in ReadOnlySequence<byte> input) => throw new NotSupportedException();
    }
}
