using Firn.Protocol.Tests;
using Firn.Testing;
using Firn.Tests.Nodes;
using Xunit.Abstractions;

namespace Firn.Tests.Messaging;

/// <summary>A transfer that fills a session leaves its life, calls and memory alone. Memory is the process's, so nothing else runs meanwhile.</summary>
[Collection(nameof(BulkTests))]
[CollectionDefinition(nameof(BulkTests), DisableParallelization = true)]
public sealed class BulkTests(ITestOutputHelper output) : NodeFixture
{
    private const int Piece = 16 << 20;

    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(LongRun.IsOn ? 5 : 1);

    private static int Pieces => LongRun.IsOn ? 64 : 12;

    [Fact]
    public Task A_bulk_of_large_messages_holds_up_nothing() => SaturateAsync(async (alpha, beta, peer) =>
    {
        int heard = 0;
        beta.Node.Spawn<ReadOnlyMemory<byte>>("sink", async self =>
        {
            await foreach (var message in self.Messages)
            {
                message.Body.Length.ShouldBe(Piece);
                heard++;
            }
        });
        var sink = peer.Named<ReadOnlyMemory<byte>>("sink");
        var piece = new byte[Piece];
        for (int i = 0; i < Pieces; i++)
            await sink.SendAsync(piece);
        await NodeGroup.UntilAsync(() => Volatile.Read(ref heard) == Pieces, "all to arrive");
    });

    [Fact]
    public Task A_bulk_stream_holds_up_nothing() => SaturateAsync(async (alpha, beta, peer) =>
    {
        var received = new TaskCompletionSource<long>();
        using var handler = beta.Node.HandleStreams("sink/1", async stream =>
        {
            var buffer = new byte[64 * 1024];
            long total = 0;
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
                total += read;
            received.SetResult(total);
        });
        await using var stream = await peer.OpenStreamAsync("sink/1");
        var piece = new byte[Piece];
        for (int i = 0; i < Pieces; i++)
            await stream.WriteAsync(piece);
        stream.CompleteWrites();
        (await received.Task).ShouldBe((long)Pieces * Piece);
    });

    /// <summary>Runs <paramref name="bulk"/> with calls beside it on a session whose pings are short.</summary>
    private async Task SaturateAsync(Func<LiveNode, LiveNode, Peer, Task> bulk)
    {
        static void Nervous(NodeOptions options) => (options.PingInterval, options.PingDeadline) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        var (alpha, beta) = (await StartAsync("alpha", Nervous), await StartAsync("beta", Nervous));
        beta.Node.Spawn<int>("double", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(2 * message.Body);
        });
        var peer = await alpha.ConnectAsync(beta);
        var target = peer.Named<int>("double");
        await target.CallAsync<int>(1, EventLog.Ceiling);

        long before = GC.GetTotalMemory(forceFullCollection: true);
        var transfer = Task.Run(() => bulk(alpha, beta, peer));
        int calls = 0;
        long most = 0;
        while (!transfer.IsCompleted)
        {
            (await target.CallAsync<int>(calls, EventLog.Ceiling)).ShouldBe(2 * calls);
            calls++;
            if (calls % 64 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
        }

        await transfer.WaitAsync(Ceiling);
        output.WriteLine($"{calls} calls went through; {most >> 20} MiB were in use at most");
        (alpha.Events.Of<PeerDownEvent>().Count(), beta.Events.Of<PeerDownEvent>().Count()).ShouldBe((0, 0));
        calls.ShouldBeGreaterThan(10);
        var credit = beta.Node.Peers.Single().Session.Messages.FreeCredit;
        credit.Reserve.ShouldBe(Firn.Messaging.MessageCredit.Reserve);

        // The piece, what a session may hold at either end, and as much again that the collector has not looked at yet.
        most.ShouldBeLessThan(512L << 20);
    }
}
