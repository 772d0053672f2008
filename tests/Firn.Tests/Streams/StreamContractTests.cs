using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>What a user of <see cref="Stream"/> relies on.</summary>
public class StreamContractTests : StreamFixture
{
    private const int Window = 256 * 1024;

    [Theory]
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

    [Fact]
    public async Task After_its_end_nothing_is_written()
    {
        await using var pair = await OpenAsync();
        pair.Here.CompleteWrites();
        pair.Here.CompleteWrites();
        await Should.ThrowAsync<InvalidOperationException>(() => pair.Here.WriteAsync(new byte[1]).Within());
    }

    [Fact]
    public async Task A_read_of_nothing_waits_for_something_and_a_write_of_nothing_says_nothing()
    {
        await using var pair = await OpenAsync();
        var reading = pair.There.ReadAsync(Memory<byte>.Empty).AsTask();
        await pair.Here.WriteAsync(ReadOnlyMemory<byte>.Empty).Within();
        reading.IsCompleted.ShouldBeFalse();
        await pair.Here.WriteAsync(new byte[] { 7 });
        (await reading.Within()).ShouldBe(0);
        (await pair.There.ReadAsync(Memory<byte>.Empty).Within()).ShouldBe(0);
        (await pair.There.TakeAsync(1)).ShouldBe([7]);
    }

    [Fact]
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

    [Fact]
    public async Task A_second_write_at_the_same_time_is_refused_and_the_first_goes_on()
    {
        await using var pair = await OpenAsync();
        var sent = StreamTesting.Bytes(2 * Window);
        var first = pair.Here.WriteAsync(sent).AsTask();
        await Should.ThrowAsync<InvalidOperationException>(() => pair.Here.WriteAsync(new byte[1]).Within());
        Should.Throw<InvalidOperationException>(pair.Here.CompleteWrites);
        (await pair.There.TakeAsync(sent.Length)).SequenceEqual(sent).ShouldBeTrue();
        await first.Within();
    }

    [Fact]
    public async Task It_can_be_used_without_tasks()
    {
        await using var pair = await OpenAsync();
        var sent = StreamTesting.Bytes(1_000_000);
        await Task.Run(() =>
        {
            var writing = Task.Run(() =>
            {
                pair.Here.Write(sent);
                pair.Here.CompleteWrites();
            });
            var received = new MemoryStream();
            pair.There.CopyTo(received);
            received.ToArray().SequenceEqual(sent).ShouldBeTrue();
            writing.Wait();
        }).Within();
    }

    [Fact]
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

    [Fact]
    public async Task A_write_that_is_cancelled_before_its_first_byte_has_no_effect()
    {
        await using var pair = await OpenAsync();
        await pair.Here.WriteAsync(new byte[Window]).Within();
        using var cancellation = new CancellationTokenSource();
        var waiting = pair.Here.WriteAsync(new byte[10], cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting.Within);

        await pair.There.TakeAsync(Window);
        await pair.Here.WriteAsync(new byte[] { 7 }).Within();
        (await pair.There.TakeAsync(1)).ShouldBe([7]);
    }

    [Fact]
    public async Task A_write_that_is_cancelled_half_way_resets_the_stream_at_both_ends()
    {
        await using var pair = await OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var waiting = pair.Here.WriteAsync(new byte[2 * Window], cancellation.Token).AsTask();
        await NodeGroup.UntilAsync(() => pair.There.Received.Left == 0, "the window to be full");
        var reading = pair.Here.ReadAsync(new byte[1]).AsTask();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting.Within);

        (await Should.ThrowAsync<StreamResetException>(reading.Within)).Message.ShouldContain("half-way");
        await Should.ThrowAsync<StreamResetException>(() => pair.Here.WriteAsync(new byte[1]).Within());
        var there = await Should.ThrowAsync<StreamResetException>(() => pair.There.ReadToEndAsync());
        there.Code.ShouldBe(StreamResetCode.Cancelled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_carries_its_code_to_reads_and_writes_that_wait(bool opener)
    {
        await using var pair = await OpenAsync();
        var (resets, told) = opener ? (pair.Here, pair.There) : (pair.There, pair.Here);
        var reading = told.ReadAsync(new byte[1]).AsTask();
        var writing = told.WriteAsync(new byte[4 * Window]).AsTask();
        resets.Reset(300);

        (await Should.ThrowAsync<StreamResetException>(reading.Within)).Code.ShouldBe(300u);
        (await Should.ThrowAsync<StreamResetException>(writing.Within)).Code.ShouldBe(300u);
        (await Should.ThrowAsync<StreamResetException>(() => told.WriteAsync(new byte[1]).Within())).Code.ShouldBe(300u);
        (await Should.ThrowAsync<StreamResetException>(() => resets.ReadAsync(new byte[1]).Within())).Code.ShouldBe(300u);
        (await Should.ThrowAsync<StreamResetException>(() => resets.WriteAsync(new byte[1]).Within())).Code.ShouldBe(300u);
    }

    [Fact]
    public async Task Resets_while_data_pours_in_do_no_harm_to_the_session()
    {
        var (_, beta, peer) = await ConnectAsync();
        beta.Node.HandleStreams("pour/1", static async stream =>
        {
            var chunk = new byte[5_000];
            while (true)
                await stream.WriteAsync(chunk);
        });
        var session = peer.SessionId;
        for (int i = 0; i < 300; i++)
        {
            await using var stream = await peer.OpenStreamAsync("pour/1");
            await stream.ReadAsync(new byte[1]).Within();
            if (i % 3 != 0)
                stream.Reset(400);
        }

        peer.IsConnected.ShouldBeTrue();
        peer.SessionId.ShouldBe(session);
    }
}
