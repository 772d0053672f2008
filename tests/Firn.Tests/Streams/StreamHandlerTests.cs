namespace Firn.Tests.Streams;

/// <summary>Who serves which streams, and what becomes of them with handlers, sessions and nodes that end.</summary>
public class StreamHandlerTests : StreamFixture
{
    [Fact]
    public async Task A_handler_that_throws_resets_its_stream()
    {
        var (_, beta, peer) = await ConnectAsync();
        beta.Node.HandleStreams("bad/1", static _ => throw new InvalidOperationException("no"));
        await using var stream = await peer.OpenStreamAsync("bad/1");
        var failure = await Should.ThrowAsync<StreamResetException>(() => stream.ReadAsync(new byte[1]).Within());
        failure.Code.ShouldBe(StreamResetCode.HandlerFailed);
    }

    [Fact]
    public async Task A_protocol_can_be_served_later_and_no_longer()
    {
        var (_, beta, peer) = await ConnectAsync();
        await ShouldBeUnknownAsync();
        using (beta.Node.HandleStreams("late/1", static stream => stream.CopyToAsync(stream)))
        {
            Should.Throw<FirnException>(() => beta.Node.HandleStreams("late/1", static _ => Task.CompletedTask)).Reason.ShouldBe(FailureReason.InvalidInput);
            await using var stream = await peer.OpenStreamAsync("late/1");
            await stream.WriteAsync(new byte[] { 5 });
            (await stream.TakeAsync(1)).ShouldBe([5]);
        }

        await ShouldBeUnknownAsync();

        async Task ShouldBeUnknownAsync()
        {
            await using var stream = await peer.OpenStreamAsync("late/1");
            var failure = await Should.ThrowAsync<StreamResetException>(() => stream.ReadAsync(new byte[1]).Within());
            failure.Code.ShouldBe(StreamResetCode.UnknownProtocol);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("é")]
    [InlineData("129")]
    public async Task A_name_that_is_none_is_refused_at_both_ends(string name)
    {
        var (_, beta, peer) = await ConnectAsync();
        if (name == "129")
            name = new string('x', 129);
        (await Should.ThrowAsync<FirnException>(async () => await peer.OpenStreamAsync(name))).Reason.ShouldBe(FailureReason.InvalidInput);
        Should.Throw<FirnException>(() => beta.Node.HandleStreams(name, static _ => Task.CompletedTask)).Reason.ShouldBe(FailureReason.InvalidInput);
        using var longest = beta.Node.HandleStreams(new string('x', 128), static _ => Task.CompletedTask);
    }

    [Fact]
    public async Task A_session_that_is_lost_fails_whatever_waits_at_both_ends()
    {
        var (_, beta, peer) = await ConnectAsync();
        await using var read = await StreamPair.OpenAsync(peer, beta);
        await using var written = await StreamPair.OpenAsync(peer, beta);
        beta.Node.HandleStreams("idle/1", static stream => stream.ReadAsync(new byte[1]).AsTask());
        for (int i = 2; i < 1024; i++)
            await peer.OpenStreamAsync("idle/1");
        var opening = peer.OpenStreamAsync("idle/1");
        Task[] waiting =
        [
            read.Here.ReadAsync(new byte[1]).AsTask(), written.Here.WriteAsync(new byte[1_000_000]).AsTask(),
            read.There.ReadAsync(new byte[1]).AsTask(), written.There.WriteAsync(new byte[1_000_000]).AsTask(),
        ];
        opening.IsCompleted.ShouldBeFalse();
        await peer.HangupAsync().Within();

        (await Should.ThrowAsync<FirnException>(opening.Within)).Reason.ShouldBe(FailureReason.NotConnected);
        foreach (var task in waiting)
            (await Should.ThrowAsync<IOException>(task.Within)).InnerException.ShouldBeOfType<FirnException>();
        (await Should.ThrowAsync<IOException>(() => read.Here.WriteAsync(new byte[1]).Within())).InnerException.ShouldBeOfType<FirnException>();
        await Should.ThrowAsync<FirnException>(() => peer.OpenStreamAsync("idle/1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Handlers_end_with_either_node(bool own)
    {
        var (alpha, beta, peer) = await ConnectAsync();
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        beta.Node.HandleStreams("wait/1", async stream =>
        {
            begun.SetResult();
            try
            {
                await stream.ReadExactlyAsync(new byte[2]);
                ended.SetResult(null);
            }
            catch (Exception e)
            {
                ended.SetResult(e);
            }
        });
        await using var stream = await peer.OpenStreamAsync("wait/1");
        await stream.WriteAsync(new byte[1]);
        await begun.Task.Within();   // a node that stops begins no handler
        await (own ? beta : alpha).DisposeAsync().AsTask().Within();
        (await ended.Task.Within()).ShouldBeOfType<IOException>().InnerException.ShouldBeOfType<FirnException>();
        await Should.ThrowAsync<IOException>(() => stream.ReadAsync(new byte[1]).Within());
    }
}
