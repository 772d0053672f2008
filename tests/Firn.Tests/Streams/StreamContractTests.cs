using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>What a user of <see cref="Stream"/> relies on.</summary>
public class StreamContractTests : StreamFixture
{
    private const int Window = 256 * 1024;

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
}
