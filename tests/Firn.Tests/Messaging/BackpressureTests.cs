using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Messaging;

/// <summary>Full mailboxes, waiting senders, and those who must not wait with them.</summary>
public sealed class BackpressureTests : NodeFixture
{
    private static readonly TimeSpan Ceiling = EventLog.Ceiling;

    [Theory]
    [InlineData(8_000, 8_000, 8_000, 10_000)]
    [InlineData(16_000, 300, 16_000)]
    [InlineData(5_400, 5_400, 5_400, 8_100, 16_376)]
    public async Task A_sender_whose_messages_are_all_read_waits_for_nothing(params int[] sizes)
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        SpawnEcho(beta, "echo");
        var peer = await alpha.ConnectAsync(beta);
        var echo = peer.Named<byte[]>("echo");

        foreach (int size in sizes)
            (await echo.CallAsync<int>(new byte[size], Ceiling)).ShouldBe(size);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_full_mailbox_ends_in_time()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var gate = new TaskCompletionSource();
        SpawnDeaf(beta, "deaf", gate.Task, new List<int>());
        var peer = await alpha.ConnectAsync(beta);

        var remote = peer.Named<byte[]>("deaf");
        await remote.SendAsync(new byte[16_000]);
        await remote.SendAsync(new byte[16_000]);
        var failure = await Should.ThrowAsync<FirnException>(
            () => remote.CallAsync<int>(new byte[10_000], TimeSpan.FromMilliseconds(100)).AsTask().WaitAsync(Ceiling));
        failure.Reason.ShouldBe(FailureReason.TimedOut);

        var local = beta.Node.Named<byte[]>("deaf", beta.Node.Self.Name);
        for (int i = 0; i < Firn.Messaging.Mailbox.MaxLocal; i++)
            await local.SendAsync([]);
        failure = await Should.ThrowAsync<FirnException>(
            () => local.CallAsync<int>([], TimeSpan.FromMilliseconds(100)).AsTask().WaitAsync(Ceiling));
        failure.Reason.ShouldBe(FailureReason.TimedOut);
        gate.SetResult();
    }

    [Fact]
    public async Task Messages_that_nobody_reads_hold_up_their_own_senders_only()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var gate = new TaskCompletionSource();
        var heard = new List<int>();
        SpawnDeaf(beta, "deaf", gate.Task, heard);
        SpawnEcho(beta, "echo");
        using var handler = beta.Node.HandleStreams("stalled/1", async stream =>
        {
            await gate.Task;
            await stream.CopyToAsync(stream);
        });
        using var other = beta.Node.HandleStreams("echo/1", stream => stream.CopyToAsync(stream));
        var peer = await alpha.ConnectAsync(beta);
        var (deaf, echo) = (peer.Named<byte[]>("deaf"), peer.Named<byte[]>("echo"));

        int[] sizes = [16 << 20, 1 << 20, 100, 1 << 20, 5_000_000, 16_376, 40_000, 1 << 20, 0, 16 << 20];
        var waiting = sizes.Select(size => deaf.SendAsync(new byte[size]).AsTask()).ToArray();
        await using var stalled = await peer.OpenStreamAsync("stalled/1");
        var stuck = stalled.WriteAsync(new byte[3_000_000]).AsTask();

        foreach (int size in (int[])[0, 16_000, 40_000, 1 << 20, 16 << 20, 100])
            (await echo.CallAsync<int>(new byte[size], Ceiling)).ShouldBe(size);
        await using (var stream = await peer.OpenStreamAsync("echo/1"))
        {
            var writing = stream.WriteAsync(new byte[1_000_000]).AsTask();
            await stream.ReadExactlyAsync(new byte[1_000_000]).AsTask().WaitAsync(Ceiling);
            await writing;
        }

        await peer.PingAsync();
        (waiting[^1].IsCompleted, stuck.IsCompleted).ShouldBe((false, false));

        gate.SetResult();
        await Task.WhenAll(waiting).WaitAsync(Ceiling);
        await stalled.ReadExactlyAsync(new byte[3_000_000]).AsTask().WaitAsync(Ceiling);
        await stuck;
        (await deaf.CallAsync<int>([], Ceiling)).ShouldBe(0);
        heard.ShouldBe([.. sizes, 0]);
    }

    [Fact]
    public async Task More_processes_than_channels_are_all_reached_though_many_do_not_read()
    {
        const int Processes = 2_000, Deaf = 900, Rounds = 3;
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var gate = new TaskCompletionSource();
        using var all = new CountdownEvent(Processes * Rounds);
        using var reached = new CountdownEvent((Processes - Deaf) * Rounds);
        int wrong = 0;
        var targets = Enumerable.Range(0, Processes).Select(i => beta.Node.Spawn<int>(async self =>
        {
            if (i % 20 < 9)
                await gate.Task;
            int next = 0;
            await foreach (var message in self.Messages)
            {
                if (message.Body != next++)
                    Interlocked.Increment(ref wrong);
                all.Signal();
                if (i % 20 >= 9)
                    reached.Signal();
            }
        })).Select(pid => alpha.Node.Attach(Pid.Parse(pid.ToString())).As<int>()).ToArray();
        await alpha.ConnectAsync(beta);

        for (int round = 0; round < Rounds; round++)
        {
            foreach (var target in targets)
                await target.SendAsync(round).AsTask().WaitAsync(Ceiling);
        }

        await WaitAsync(reached);
        gate.SetResult();
        await WaitAsync(all);
        wrong.ShouldBe(0);

        // Nobody waits for his own messages either: un-awaited, they open channels and wait for them in order.
        all.Reset(Processes * 2);
        reached.Reset((Processes - Deaf) * 2);
        var sends = targets.SelectMany(target => (Task[])[target.SendAsync(Rounds).AsTask(), target.SendAsync(Rounds + 1).AsTask()]);
        await Task.WhenAll(sends).WaitAsync(Ceiling);
        await WaitAsync(all);
        wrong.ShouldBe(0);
    }

    private static Task WaitAsync(CountdownEvent all) => NodeGroup.UntilAsync(() => all.IsSet, "all to be reached");

    private static void SpawnEcho(LiveNode node, string name) => node.Node.Spawn<byte[]>(name, static async self =>
    {
        await foreach (var message in self.Messages)
            await message.ReplyAsync(message.Body.Length);
    });

    /// <summary>A process that reads nothing before the gate opens.</summary>
    private static void SpawnDeaf(LiveNode node, string name, Task gate, List<int> heard) => node.Node.Spawn<byte[]>(name, async self =>
    {
        await gate;
        await foreach (var message in self.Messages)
        {
            heard.Add(message.Body.Length);
            await message.ReplyAsync(message.Body.Length);
        }
    });
}
