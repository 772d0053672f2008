using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>What goes through a stream, and what it holds up.</summary>
public abstract class StreamSuite : FabricSuite
{
    private const int MostWindow = 16 << 20;

    private protected StreamSuite(Func<Fabric> create)
        : base(create)
    {
    }

    [SkippableFact]
    public async Task Bytes_go_both_ways_and_each_end_says_when_it_is_done()
    {
        var (_, beta, peer, _) = await PairAsync();
        beta.Node.HandleStreams("echo/1", static async stream => await stream.CopyToAsync(stream));
        await using var stream = await peer.OpenStreamAsync("echo/1");

        await ShouldEchoAsync(stream, 3_000_000);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Either_end_may_complete_its_writes_first(bool opener)
    {
        await using var pair = await OpenAsync();
        var (first, second) = opener ? (pair.Here, pair.There) : (pair.There, pair.Here);

        await first.WriteAsync(new byte[] { 1, 2 });
        first.CompleteWrites();
        first.CanWrite.ShouldBeFalse();
        (await second.ReadToEndAsync()).ShouldBe([1, 2]);
        await second.WriteAsync(new byte[] { 3 });
        second.CompleteWrites();
        (await first.ReadToEndAsync()).ShouldBe([3]);
        (await first.ReadAsync(new byte[1]).Within()).ShouldBe(0);
        (await second.ReadAsync(new byte[1]).Within()).ShouldBe(0);
    }

    [SkippableFact]
    public async Task After_its_end_nothing_is_written()
    {
        await using var pair = await OpenAsync();
        pair.Here.CompleteWrites();
        pair.Here.CompleteWrites();
        await Should.ThrowAsync<InvalidOperationException>(() => pair.Here.WriteAsync(new byte[1]).Within());
    }

    [SkippableFact]
    public async Task A_second_read_at_the_same_time_is_refused_and_the_first_goes_on()
    {
        await using var pair = await OpenAsync();
        var buffer = new byte[1];
        var first = pair.There.ReadAsync(buffer).AsTask();
        await Should.ThrowAsync<InvalidOperationException>(() => pair.There.ReadAsync(new byte[1]).Within());
        await pair.Here.WriteAsync(new byte[] { 7, 8 });
        (await first.Within()).ShouldBe(1);
        buffer.ShouldBe([7]);
        (await pair.There.TakeAsync(1)).ShouldBe([8]);
    }

    [SkippableFact]
    public async Task A_read_that_is_cancelled_loses_nothing()
    {
        await using var pair = await OpenAsync();
        for (byte i = 0; i < 100; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var buffer = new byte[1];
            var reading = pair.There.ReadAsync(buffer, cancellation.Token).AsTask();
            var writing = Task.Run(() => pair.Here.WriteAsync(new[] { i }).AsTask());
            await cancellation.CancelAsync();
            try
            {
                await reading.Within();
            }
            catch (OperationCanceledException)
            {
                buffer = await pair.There.TakeAsync(1);
            }

            buffer.ShouldBe([i]);
            await writing;
        }

        await Should.ThrowAsync<OperationCanceledException>(() => pair.There.ReadAsync(new byte[1], new CancellationToken(true)).Within());
    }

    /// <summary>Both ends write as fast as they can, and nobody reads until both are stuck.</summary>
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Both_ends_write_and_nobody_waits_for_ever(int streams)
    {
        var (_, beta, peer, _) = await PairAsync();
        var sent = StreamTesting.Bytes(2_000_000);
        await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => TalkAsync())).Within();

        async Task TalkAsync()
        {
            await using var pair = await StreamPair.OpenAsync(peer, beta);
            Task[] writing = [WriteAllAsync(pair.Here, sent), WriteAllAsync(pair.There, sent)];
            await StallAsync(peer);
            writing.ShouldAllBe(task => !task.IsCompleted);
            var received = await Task.WhenAll(pair.Here.ReadToEndAsync(), pair.There.ReadToEndAsync());
            await Task.WhenAll(writing);
            received.ShouldAllBe(bytes => bytes.SequenceEqual(sent));
        }
    }

    [SkippableFact]
    public async Task A_large_transfer_arrives_whole_both_ways_at_once()
    {
        await using var pair = await OpenAsync();
        var sent = StreamTesting.Bytes(24 << 20);
        Task[] writing = [WriteAllAsync(pair.Here, sent), WriteAllAsync(pair.There, sent)];

        var received = await Task.WhenAll(pair.Here.ReadToEndAsync(), pair.There.ReadToEndAsync());

        received.ShouldAllBe(bytes => bytes.SequenceEqual(sent));
        await Task.WhenAll(writing);
    }

    [SkippableFact]
    public async Task A_stream_that_nobody_reads_holds_up_its_writer_and_nobody_else()
    {
        var (_, beta, there, back) = await PairAsync();
        beta.Node.HandleStreams("echo/1", static async stream => await stream.CopyToAsync(stream));
        beta.Node.Spawn<int>("lively", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        await using var stalled = await StreamPair.OpenAsync(there, beta);
        var stuck = stalled.Here.WriteAsync(new byte[2 * MostWindow]).AsTask();
        await StallAsync(there);

        await using (var echo = await there.OpenStreamAsync("echo/1"))
            await ShouldEchoAsync(echo, 1_000_000);
        (await there.Named<int>("lively").CallAsync<int>(7, EventLog.Ceiling)).ShouldBe(7);
        (await back.PingAsync().WaitAsync(EventLog.Ceiling)).ShouldBeGreaterThan(TimeSpan.Zero);

        stuck.IsCompleted.ShouldBeFalse();
        (await stalled.There.TakeAsync(2 * MostWindow)).ShouldAllBe(b => b == 0);
        await stuck.Within();
    }

    [SkippableFact]
    public async Task Many_streams_at_once_each_carry_their_own()
    {
        var (alpha, beta, there, back) = await PairAsync();
        foreach (var node in new[] { alpha, beta })
            node.Node.HandleStreams("echo/1", static async stream => await stream.CopyToAsync(stream));

        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            await using var stream = await (i % 2 == 0 ? there : back).OpenStreamAsync("echo/1");
            await ShouldEchoAsync(stream, 1_000 * (i + 1), seed: i);
        })).Within();
    }

    /// <summary>More are open than there may be at once: the next one waits for its turn, and gets it.</summary>
    [SkippableFact]
    public async Task The_1025th_stream_waits_until_one_is_over()
    {
        var (_, beta, peer, _) = await PairAsync();
        beta.Node.HandleStreams("idle/1", static async stream => await stream.CopyToAsync(Stream.Null));
        var open = new List<FirnStream>();
        for (int i = 0; i < Streams.StreamTable.MaxOpen; i++)
            open.Add(await peer.OpenStreamAsync("idle/1").Within());

        for (int i = 0; i < 20; i++)
        {
            var opening = peer.OpenStreamAsync("idle/1");
            opening.IsCompleted.ShouldBeFalse();
            if (i % 2 == 0)
                open[i].Reset(300);
            await open[i].DisposeAsync();
            open.Add(await opening.Within());
        }

        using var cancellation = new CancellationTokenSource();
        var last = peer.OpenStreamAsync("idle/1", cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(last.Within);
        peer.IsConnected.ShouldBeTrue();
    }

    private static async Task ShouldEchoAsync(FirnStream stream, int length, int seed = 1)
    {
        var sent = StreamTesting.Bytes(length, seed);
        var writing = Task.Run(() => WriteAllAsync(stream, sent));
        (await stream.ReadToEndAsync()).AsSpan().SequenceEqual(sent).ShouldBeTrue();
        await writing;
    }

    private static async Task WriteAllAsync(FirnStream stream, byte[] bytes)
    {
        await stream.WriteAsync(bytes);
        stream.CompleteWrites();
    }

    /// <summary>Lets what was written fill whatever there is to fill: a few times the way there and back.</summary>
    private static async Task StallAsync(Peer peer)
    {
        for (int i = 0; i < 5; i++)
            await peer.PingAsync().WaitAsync(EventLog.Ceiling);
    }

    private async Task<StreamPair> OpenAsync()
    {
        var (_, beta, peer, _) = await PairAsync();
        return await StreamPair.OpenAsync(peer, beta);
    }
}
