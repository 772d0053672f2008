using Firn.Streams;
using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>How many streams there may be, and what they hold.</summary>
public class StreamLimitTests : StreamFixture
{
    [Fact]
    public async Task The_1025th_stream_waits_until_one_is_over_however_that_ends()
    {
        var (_, beta, peer) = await ConnectAsync();
        beta.Node.HandleStreams("idle/1", static async stream =>
        {
            while (await stream.ReadAsync(new byte[100]) > 0)
            {
            }
        });
        var session = peer.SessionId;
        var busy = await peer.OpenStreamAsync("idle/1");   // so that what is sent has to wait for its turn
        StreamTesting.UntilOver(async () =>
        {
            var chunk = new byte[50_000];
            while (true)
                await busy.WriteAsync(chunk);
        });
        var open = new Queue<FirnStream>();
        for (int i = 1; i < StreamTable.MaxOpen; i++)
            open.Enqueue(await peer.OpenStreamAsync("idle/1").Within());

        for (int i = 0; i < 600; i++)
        {
            var opening = peer.OpenStreamAsync("idle/1");
            opening.IsCompleted.ShouldBeFalse();
            var oldest = open.Dequeue();
            if (i % 4 == 0)
                oldest.Reset(300);
            else if (i % 4 == 1)
                await oldest.WriteAsync(new byte[10]);
            if (i % 4 == 2)
            {
                oldest.CompleteWrites();
                (await oldest.ReadAsync(new byte[1]).Within()).ShouldBe(0);
            }

            await oldest.DisposeAsync();
            open.Enqueue(await opening.Within());
        }

        using var cancellation = new CancellationTokenSource();
        var last = peer.OpenStreamAsync("idle/1", cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(last.Within);
        (peer.IsConnected, peer.SessionId).ShouldBe((true, session));
    }

    [Fact]
    public async Task Streams_that_are_over_but_still_served_are_limited_too()
    {
        var (_, beta, peer) = await ConnectAsync();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        beta.Node.HandleStreams("slow/1", async stream =>
        {
            stream.CompleteWrites();
            await end.Task;
        });
        try
        {
            for (int i = 0; i < 2 * StreamTable.MaxOpen; i++)
            {
                var stream = await peer.OpenStreamAsync("slow/1").Within();
                stream.CompleteWrites();
                (await stream.ReadAsync(new byte[1]).Within()).ShouldBe(0);
            }

            await using var refused = await peer.OpenStreamAsync("slow/1").Within();
            (await Should.ThrowAsync<StreamResetException>(() => refused.ReadAsync(new byte[1]).Within())).Code.ShouldBe(StreamResetCode.Busy);
        }
        finally
        {
            end.SetResult();
        }

        await NodeGroup.UntilAsync(() => TableOf(beta).Count == 0, "the handlers to end");
        peer.IsConnected.ShouldBeTrue();
    }

    public static TheoryData<string> Ends => [
        "read to the end", "disposed unread", "reset", "reset there", "handler throws", "cancelled half-way", "input completed", "unknown"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_stream_that_is_over_has_given_back_what_it_took(string how)
    {
        var (alpha, beta, peer) = await ConnectAsync();
        beta.Node.HandleStreams("talk/1", async stream =>
        {
            await stream.ReadExactlyAsync(new byte[1]);
            if (how == "handler throws")
                throw new InvalidOperationException(how);
            if (how == "reset there")
                stream.Reset(300);
            if (how == "cancelled half-way")
            {
                using var cancellation = new CancellationTokenSource();
                var writing = stream.WriteAsync(new byte[1_000_000], cancellation.Token);
                await cancellation.CancelAsync();
                await writing;
            }

            if (how == "input completed")
                await stream.Input.CompleteAsync();
            await stream.WriteAsync(new byte[300_000]);
        });

        var stream = await peer.OpenStreamAsync(how == "unknown" ? how : "talk/1");
        try
        {
            await stream.WriteAsync(new byte[200_000]).Within();
            if (how == "disposed unread")
                await NodeGroup.UntilAsync(() => stream.Received.Left == 0, "the window to be full");
            else if (how == "reset")
                stream.Reset();
            else
                await stream.ReadToEndAsync();
            if (how is "read to the end" or "input completed")
                stream.CompleteWrites();
        }
        catch (StreamResetException)
        {
        }

        if (how != "read to the end")
            await stream.DisposeAsync();
        await NodeGroup.UntilAsync(
            () => (TableOf(alpha).Count, TableOf(beta).Count, TableOf(alpha).Taken, TableOf(beta).Taken) == (0, 0, 0, 0),
            $"nothing to be left, when the stream was {how}");
    }

    [Fact]
    public async Task Streams_that_nobody_reads_hold_up_no_others()
    {
        var (_, beta, peer) = await ConnectAsync();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        beta.Node.HandleStreams("stalled/1", _ => end.Task);
        beta.Node.HandleStreams("echo/1", static stream => stream.CopyToAsync(stream));
        for (int i = 0; i < 200; i++)
        {
            var unread = await peer.OpenStreamAsync("stalled/1");
            StreamTesting.UntilOver(() => unread.WriteAsync(new byte[1_000_000]).AsTask());
        }

        await using var stream = await peer.OpenStreamAsync("echo/1");
        var sent = StreamTesting.Bytes(3_000_000);
        var writing = stream.WriteAsync(sent).AsTask();
        (await stream.TakeAsync(sent.Length)).SequenceEqual(sent).ShouldBeTrue();
        await writing.Within();
        TableOf(beta).Taken.ShouldBeLessThanOrEqualTo(32 << 20);
        end.SetResult();
    }

    private static StreamTable TableOf(LiveNode node) => node.Node.Peers.Single().Session.Streams;
}
