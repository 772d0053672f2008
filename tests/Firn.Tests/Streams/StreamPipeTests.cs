using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>What of the two ends of a stream as pipes depends on the window.</summary>
public class StreamPipeTests : StreamFixture
{
    [Fact]
    public async Task A_pending_read_or_flush_can_be_cancelled()
    {
        await using var pair = await OpenAsync();
        var reading = pair.There.Input.ReadAsync().AsTask();
        pair.There.Input.CancelPendingRead();
        var result = await reading.Within();
        result.IsCanceled.ShouldBeTrue();
        pair.There.Input.AdvanceTo(result.Buffer.End);

        var read = pair.There.ReadAsync(new byte[1]).AsTask();
        pair.There.Input.CancelPendingRead();
        await Should.ThrowAsync<OperationCanceledException>(read.Within);

        await pair.Here.WriteAsync(new byte[256 * 1024]).Within();
        var flushing = pair.Here.Output.WriteAsync(new byte[10]).AsTask();
        pair.Here.Output.CancelPendingFlush();
        (await flushing.Within()).IsCanceled.ShouldBeTrue();
        await pair.There.TakeAsync(256 * 1024);
        await pair.Here.Output.WriteAsync(new byte[] { 1 }).Within();
        await pair.There.ReadAsync(new byte[1]).Within();
    }
}
