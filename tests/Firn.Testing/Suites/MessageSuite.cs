using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>Messages, calls and what is told of processes.</summary>
public abstract class MessageSuite : FabricSuite
{
    /// <summary>Around the sizes at which something changes: a frame, a lent payload, the most that there may be.</summary>
    private static readonly int[] Sizes = [1, 2, 1_000, 16_000, 16_376, 16_377, 65_536, 1_000_003, 16 << 20];

    private protected MessageSuite(Func<Fabric> create)
        : base(create)
    {
    }

    [SkippableFact]
    public async Task Messages_of_every_size_arrive_whole_and_in_order_both_ways()
    {
        var (alpha, beta, there, back) = await PairAsync();

        await Task.WhenAll(SendAllAsync(there, beta), SendAllAsync(back, alpha)).WaitAsync(EventLog.Ceiling);

        static async Task SendAllAsync(Peer to, LiveNode receiver)
        {
            var all = new TaskCompletionSource<IReadOnlyList<byte[]>>(TaskCreationOptions.RunContinuationsAsynchronously);
            receiver.Node.Spawn<ReadOnlyMemory<byte>>("sink", async self =>
            {
                var heard = new List<byte[]>();
                while (heard.Count < Sizes.Length)
                    heard.Add((await self.ReceiveAsync()).Body.ToArray());
                all.SetResult(heard);
            });
            var sink = to.Named<ReadOnlyMemory<byte>>("sink");
            foreach (int size in Sizes)
                await sink.SendAsync(StreamTesting.Bytes(size, seed: size));

            var received = await all.Task;
            received.Select(bytes => bytes.Length).ShouldBe(Sizes);
            received.ShouldAllBe(bytes => bytes.SequenceEqual(StreamTesting.Bytes(bytes.Length, bytes.Length)));
        }
    }

    [SkippableFact]
    public async Task Many_messages_at_once_keep_their_order_both_ways()
    {
        const int Count = 3_000;
        var (alpha, beta, there, back) = await PairAsync();

        await Task.WhenAll(SendAllAsync(there, beta), SendAllAsync(back, alpha)).WaitAsync(EventLog.Ceiling);

        static async Task SendAllAsync(Peer to, LiveNode receiver)
        {
            var all = new TaskCompletionSource<IReadOnlyList<int>>(TaskCreationOptions.RunContinuationsAsynchronously);
            receiver.Node.Spawn<int>("counter", async self =>
            {
                var heard = new List<int>();
                while (heard.Count < Count)
                    heard.Add((await self.ReceiveAsync()).Body);
                all.SetResult(heard);
            });
            var counter = to.Named<int>("counter");
            for (int i = 0; i < Count; i++)
                await counter.SendAsync(i);
            (await all.Task).ShouldBe(Enumerable.Range(0, Count));
        }
    }

    [SkippableFact]
    public async Task Calls_are_answered_both_ways_while_large_messages_pass()
    {
        var (alpha, beta, there, back) = await PairAsync();
        foreach (var node in new[] { alpha, beta })
        {
            node.Node.Spawn<int>("double", static async self =>
            {
                await foreach (var message in self.Messages)
                    await message.ReplyAsync(2 * message.Body);
            });
        }

        int heard = 0;
        beta.Node.Spawn<ReadOnlyMemory<byte>>("sink", async self =>
        {
            await foreach (var message in self.Messages)
                heard += message.Body.Length;
        });
        var bulk = Task.Run(async () =>
        {
            var piece = new byte[4 << 20];
            for (int i = 0; i < 8; i++)
                await there.Named<ReadOnlyMemory<byte>>("sink").SendAsync(piece);
        });

        int calls = 0;
        do
        {
            var answers = new[] { there, back }.Select(peer => peer.Named<int>("double").CallAsync<int>(calls, EventLog.Ceiling).AsTask());
            (await Task.WhenAll(answers)).ShouldBe([2 * calls, 2 * calls]);
            calls++;
        }
        while (!bulk.IsCompleted || calls < 50);

        await bulk.WaitAsync(EventLog.Ceiling);
        await NodeGroup.UntilAsync(() => Volatile.Read(ref heard) == 32 << 20, "the large messages to arrive");
    }

    /// <summary>A process that reads nothing holds up whoever writes to it and nobody else.</summary>
    [SkippableFact]
    public async Task A_full_mailbox_holds_up_its_own_sender_only()
    {
        var (_, beta, there, _) = await PairAsync();
        var gate = new TaskCompletionSource();
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        beta.Node.Spawn<byte[]>("deaf", async self =>
        {
            await gate.Task;
            for (int i = 0; i < 64; i++)
                await self.ReceiveAsync();
            drained.SetResult();
        });
        beta.Node.Spawn<int>("lively", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });

        var stuck = Task.Run(async () =>
        {
            for (int i = 0; i < 64; i++)
                await there.Named<byte[]>("deaf").SendAsync(new byte[60_000]);
        });

        for (int i = 0; i < 100; i++)
            (await there.Named<int>("lively").CallAsync<int>(i, EventLog.Ceiling)).ShouldBe(i);
        (await there.PingAsync().WaitAsync(EventLog.Ceiling)).ShouldBeGreaterThan(TimeSpan.Zero);
        stuck.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        await stuck.WaitAsync(EventLog.Ceiling);
        await drained.Task.WaitAsync(EventLog.Ceiling);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_that_is_lost_fails_its_calls_and_tells_who_watched(bool hangsUp)
    {
        var (alpha, beta, there, _) = await PairAsync();
        var process = alpha.Node.Attach(beta.Node.Spawn<int>(static async self =>
        {
            await foreach (var _ in self.Messages)
                continue;
        })).As<int>();
        var calls = Enumerable.Range(0, 5).Select(i => process.CallAsync<int>(i, TimeSpan.FromMinutes(5)).AsTask()).ToArray();
        var watched = alpha.Node.WhenDownAsync(process);

        if (hangsUp)
            await there.HangupAsync();
        else
            there.Session.Link.Abort();

        foreach (var call in calls)
            (await Should.ThrowAsync<FirnException>(() => call.WaitAsync(EventLog.Ceiling))).Reason.ShouldBe(FailureReason.NotConnected);
        (await watched.WaitAsync(EventLog.Ceiling)).ShouldBe(ExitReason.NoConnection);
        if (hangsUp)
            (await Should.ThrowAsync<FirnException>(() => process.CallAsync<int>(1).AsTask())).Reason.ShouldBe(FailureReason.NotConnected);
    }
}
