using Firn.Messaging;
using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Messaging;

/// <summary>Sends, calls, processes, sessions and nodes that end in the middle: everybody is told, and nothing stays taken.</summary>
public sealed class EndTests : NodeFixture
{
    private const int Large = 16 << 20;

    private static readonly TimeSpan Ceiling = EventLog.Ceiling;

    [Fact]
    public async Task Whoever_waits_is_told_when_the_session_ends()
    {
        var (alpha, beta, peer, gate) = await DeafAsync();
        var deaf = peer.Named<byte[]>("deaf");
        Task[] waiting = [.. Enumerable.Range(0, 40).Select(i => deaf.SendAsync(new byte[i % 4 == 0 ? Large : 16_000]).AsTask())];
        Task[] calls = [.. Enumerable.Range(0, 40).Select(_ => deaf.CallAsync<int>(new byte[100], TimeSpan.FromHours(1)).AsTask())];
        var link = beta.Node.Peers.Single().Session.Messages;
        await NodeGroup.UntilAsync(() => link.FreeCredit.Reserve < MessageCredit.Reserve || waiting[0].IsCompleted || link.IncomingChannels > 0, "something to be under way");

        peer.Session.Link.Abort();
        foreach (var task in waiting.Concat(calls))
            (await Should.ThrowAsync<FirnException>(() => task.WaitAsync(Ceiling))).Reason.ShouldBe(FailureReason.NotConnected);
        await NodeGroup.UntilAsync(() => link.IsClosed, "the other end to notice");
        gate.SetResult();
        await NodeGroup.UntilAsync(() => IsWhole(link), "its credit to be whole");
    }

    [Fact]
    public async Task A_process_that_ends_gives_back_what_it_did_not_read()
    {
        var (_, beta, peer, _) = await DeafAsync();
        var deaf = peer.Named<byte[]>("deaf");
        var link = beta.Node.Peers.Single().Session.Messages;
        await deaf.SendAsync(new byte[5_000_000]).AsTask().WaitAsync(Ceiling);
        await NodeGroup.UntilAsync(() => link.FreeCredit.Reserve < MessageCredit.Reserve, "a part of the reserve to be taken");
        var call = deaf.CallAsync<int>(new byte[Large], TimeSpan.FromHours(1)).AsTask();

        beta.Node.Exit(beta.Node.WhereIs("deaf")!.Value, ExitReason.Killed);
        (await Should.ThrowAsync<FirnException>(() => call.WaitAsync(Ceiling))).Reason.ShouldBe(FailureReason.NoProcess);
        await NodeGroup.UntilAsync(() => IsWhole(link), "the credit to be whole");
        await peer.PingAsync();
    }

    [Fact]
    public async Task A_send_that_is_given_up_half_way_leaves_the_rest_in_order()
    {
        var (_, beta, peer, gate) = await DeafAsync();
        var deaf = peer.Named<byte[]>("deaf");
        var link = beta.Node.Peers.Single().Session.Messages;
        using var givingUp = new CancellationTokenSource();
        var first = deaf.SendAsync(new byte[1000]).AsTask();
        var half = deaf.SendAsync(new byte[Large], givingUp.Token).AsTask();   // the first 32 KiB go
        var behind = deaf.SendAsync(new byte[2000], givingUp.Token).AsTask();
        var last = deaf.SendAsync(new byte[3000]).AsTask();
        await first;
        await NodeGroup.UntilAsync(() => link.IncomingChannels > 0 && peer.Session.QueuedBytes == 0, "the first part to be sent");

        await givingUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => half.WaitAsync(Ceiling));
        await Should.ThrowAsync<OperationCanceledException>(() => behind.WaitAsync(Ceiling));
        gate.SetResult();
        await last.WaitAsync(Ceiling);
        (await deaf.CallAsync<int>(new byte[200_000], Ceiling)).ShouldBe(200_000);
        (await peer.Named<byte[]>("deaf").CallAsync<int>([1], Ceiling)).ShouldBe(1);
        IsWhole(link).ShouldBeTrue();
        Heard.ShouldBe([1000, 3000, 200_000, 1]);
    }

    [Fact]
    public async Task Messages_that_are_given_up_again_and_again_take_no_more_than_a_window()
    {
        var (_, beta, peer, gate) = await DeafAsync();
        var deaf = peer.Named<byte[]>("deaf");
        var link = beta.Node.Peers.Single().Session.Messages;
        for (int i = 0; i < 20; i++)
        {
            using var givingUp = new CancellationTokenSource();
            var send = deaf.SendAsync(new byte[6 << 20], givingUp.Token).AsTask();   // the reserve has room for one
            await NodeGroup.UntilAsync(() => peer.Session.QueuedBytes == 0, "what may be sent to be sent");
            await givingUp.CancelAsync();
            try
            {
                await send.WaitAsync(Ceiling);
                break;
            }
            catch (OperationCanceledException)
            {
                // Given up in time.
            }
        }

        // What nobody reads stays within its window and the reserve, whatever was granted before.
        Task[] small = [.. Enumerable.Range(0, 2000).Select(_ => deaf.SendAsync(new byte[16_000]).AsTask())];
        await peer.PingAsync();
        small.Count(send => send.IsCompleted).ShouldBeLessThan(200);
        gate.SetResult();
        await Task.WhenAll(small).WaitAsync(Ceiling);
        await NodeGroup.UntilAsync(() => IsWhole(link), "the credit to be whole");
    }

    [Fact]
    public async Task Both_sides_may_write_at_full_speed_while_nobody_reads_for_a_while()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var gate = new TaskCompletionSource();
        SpawnDeaf(alpha, gate.Task, []);
        SpawnDeaf(beta, gate.Task, []);
        var there = await alpha.ConnectAsync(beta);
        var back = await beta.PeerAsync("alpha");
        Task[] sends = [.. new[] { there, back }.SelectMany(peer => Enumerable.Range(0, 200).Select(i =>
            peer.Named<byte[]>("deaf").SendAsync(new byte[(i * 7919) % 100_000]).AsTask()))];
        Task<int>[] calls = [.. new[] { there, back }.SelectMany(peer => Enumerable.Range(0, 200).Select(i =>
            peer.Named<byte[]>("deaf").CallAsync<int>(new byte[i * 100], Ceiling).AsTask()))];
        await there.PingAsync();
        sends.All(send => send.IsCompleted).ShouldBeFalse();

        gate.SetResult();
        await Task.WhenAll(sends).WaitAsync(Ceiling);
        await Task.WhenAll(calls).WaitAsync(Ceiling);
    }

    [Fact]
    public async Task Large_replies_come_though_all_channels_lead_to_processes_that_do_not_read()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var gate = new TaskCompletionSource();
        beta.Node.Spawn<byte[]>("large", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(new byte[1 << 20]);
        });
        var deaf = Enumerable.Range(0, 1100).Select(_ => alpha.Node.Spawn<int>(async self =>
        {
            await gate.Task;
            await self.ReceiveAsync();
        })).Select(pid => beta.Node.Attach(Pid.Parse(pid.ToString())).As<int>()).ToArray();
        var peer = await alpha.ConnectAsync(beta);
        await beta.PeerAsync("alpha");
        Task[] sends = [.. deaf.Select(pid => pid.SendAsync(1).AsTask())];   // from beta, whose replies go the same way

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => peer.Named<byte[]>("large").CallAsync<byte[]>([], Ceiling).AsTask())).WaitAsync(Ceiling);
        replies.ShouldAllBe(reply => reply.Length == 1 << 20);
        gate.SetResult();
        await NodeGroup.UntilAsync(() => sends.All(send => send.IsCompleted), "all sends");
    }

    [Fact]
    public async Task A_node_is_disposed_in_the_middle_of_everything()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        beta.Node.Spawn<byte[]>("echo", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        using var handler = beta.Node.HandleStreams("sink/1", static stream => stream.CopyToAsync(Stream.Null));
        var peer = await alpha.ConnectAsync(beta);
        var echo = peer.Named<byte[]>("echo");
        var begun = new CountdownEvent(8);
        Task[] work = [.. Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            await using var stream = await peer.OpenStreamAsync("sink/1");
            for (int round = 0; ; round++)
            {
                await echo.CallAsync<byte[]>(new byte[1 << (4 + (2 * i))], Ceiling);
                await echo.SendAsync(new byte[i * 1000]);
                await stream.WriteAsync(new byte[50_000]);
                if (round == 3)
                    begun.Signal();
            }
        }))];
        await NodeGroup.UntilAsync(() => begun.IsSet, "all to be at it");

        await beta.DisposeAsync().AsTask().WaitAsync(Ceiling);
        foreach (var task in work)
        {
            var failure = await Should.ThrowAsync<Exception>(() => task.WaitAsync(Ceiling));
            (failure is IOException or FirnException { Reason: FailureReason.NotConnected or FailureReason.NoProcess }).ShouldBeTrue(failure.ToString());
        }

        await alpha.DisposeAsync().AsTask().WaitAsync(Ceiling);
    }

    private List<int> Heard { get; } = [];

    private static bool IsWhole(MessageLink link) => link.FreeCredit.Reserve == MessageCredit.Reserve;

    /// <summary>Two nodes, the second with a process that reads nothing before the gate opens.</summary>
    private async Task<(LiveNode Alpha, LiveNode Beta, Peer Peer, TaskCompletionSource Gate)> DeafAsync()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var gate = new TaskCompletionSource();
        SpawnDeaf(beta, gate.Task, Heard);
        var peer = await alpha.ConnectAsync(beta);
        await beta.PeerAsync("alpha");
        return (alpha, beta, peer, gate);
    }

    private static void SpawnDeaf(LiveNode node, Task gate, List<int> heard) => node.Node.Spawn<byte[]>("deaf", async self =>
    {
        await gate;
        await foreach (var message in self.Messages)
        {
            heard.Add(message.Body.Length);
            await message.ReplyAsync(message.Body.Length);
        }
    });
}
