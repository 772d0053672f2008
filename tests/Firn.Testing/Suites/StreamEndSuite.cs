using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>How streams end: reset, disposed of, or with their handler, session or node.</summary>
public abstract class StreamEndSuite : FabricSuite
{
    private const int Window = 256 * 1024;

    private protected StreamEndSuite(Func<Fabric> create)
        : base(create)
    {
    }

    [SkippableFact]
    public async Task A_stream_that_nobody_handles_says_so()
    {
        var (_, _, peer, _) = await PairAsync();

        await using var stream = await peer.OpenStreamAsync("unknown/1");
        var failure = await Should.ThrowAsync<StreamResetException>(() => stream.ReadAsync(new byte[1]).AsTask());
        failure.Code.ShouldBe(StreamResetCode.UnknownProtocol);
        failure.Message.ShouldContain("HandleStreams");
    }

    [SkippableTheory]
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

    [SkippableFact]
    public async Task Resets_while_data_pours_in_do_no_harm_to_the_session()
    {
        var (_, beta, peer, _) = await PairAsync();
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

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_written_before_arrives_whole(bool opener)
    {
        await using var pair = await OpenAsync();
        var (from, to) = opener ? (pair.Here, pair.There) : (pair.There, pair.Here);
        var sent = StreamTesting.Bytes(200_000);
        await from.WriteAsync(sent).Within();
        await from.DisposeAsync();
        await from.DisposeAsync();
        (await to.ReadToEndAsync()).SequenceEqual(sent).ShouldBeTrue();

        // The other end hears that nobody reads.
        (await Should.ThrowAsync<StreamResetException>(async () =>
        {
            while (true)
                await to.WriteAsync(new byte[1_000]).Within();
        })).Code.ShouldBe(StreamResetCode.Cancelled);
    }

    [SkippableFact]
    public async Task A_stream_that_was_never_used_still_reaches_its_handler()
    {
        var (_, beta, peer, _) = await PairAsync();
        var handled = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        beta.Node.HandleStreams("knock/1", async stream => handled.SetResult(await stream.ReadAsync(new byte[1])));
        await (await peer.OpenStreamAsync("knock/1")).DisposeAsync();
        (await handled.Task.Within()).ShouldBe(0);
    }

    [SkippableFact]
    public async Task Unread_input_and_a_write_that_waits_at_the_other_end_end_with_a_reset()
    {
        await using var pair = await OpenAsync();
        var writing = pair.There.WriteAsync(new byte[1_000_000]).AsTask();
        await pair.Here.ReadAsync(new byte[1]).Within();
        await pair.Here.DisposeAsync();
        (await Should.ThrowAsync<StreamResetException>(writing.Within)).Code.ShouldBe(StreamResetCode.Cancelled);
        (await pair.There.ReadAsync(new byte[1]).Within()).ShouldBe(0);
    }

    [SkippableFact]
    public async Task A_read_and_a_write_that_wait_at_this_end_fail_at_once()
    {
        await using var pair = await OpenAsync();
        var reading = pair.Here.ReadAsync(new byte[1]).AsTask();
        var writing = pair.Here.WriteAsync(new byte[1_000_000]).AsTask();
        await pair.Here.DisposeAsync();
        await Should.ThrowAsync<Exception>(reading.Within);
        await Should.ThrowAsync<StreamResetException>(writing.Within);
        await Should.ThrowAsync<ObjectDisposedException>(() => pair.Here.ReadAsync(new byte[1]).Within());
        await Should.ThrowAsync<ObjectDisposedException>(() => pair.Here.WriteAsync(new byte[1]).Within());
        (pair.Here.CanRead, pair.Here.CanWrite).ShouldBe((false, false));
        await Should.ThrowAsync<StreamResetException>(() => pair.There.ReadToEndAsync());
    }

    [SkippableFact]
    public async Task A_read_alone_that_waits_fails_as_one_of_something_disposed()
    {
        await using var pair = await OpenAsync();
        var reading = pair.Here.ReadAsync(new byte[1]).AsTask();
        pair.Here.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(reading.Within);
    }

    [SkippableFact]
    public async Task Output_that_was_not_flushed_is_sent()
    {
        await using var pair = await OpenAsync();
        pair.Here.Output.GetSpan(3)[..3].Fill(9);
        pair.Here.Output.Advance(3);
        Should.Throw<InvalidOperationException>(pair.Here.CompleteWrites).Message.ShouldContain("3 bytes");
        await pair.Here.DisposeAsync();
        (await pair.There.ReadToEndAsync()).ShouldBe([9, 9, 9]);
    }

    [SkippableFact]
    public async Task A_handler_that_returns_early_ends_the_stream_in_good_order()
    {
        var (_, beta, peer, _) = await PairAsync();
        beta.Node.HandleStreams("brief/1", static async stream => await stream.WriteAsync("hello"u8.ToArray()));
        await using var stream = await peer.OpenStreamAsync("brief/1");
        var writing = stream.WriteAsync(new byte[10_000_000]).AsTask();
        (await stream.ReadToEndAsync()).ShouldBe("hello"u8.ToArray());
        (await Should.ThrowAsync<StreamResetException>(writing.Within)).Code.ShouldBe(StreamResetCode.Cancelled);
    }

    [SkippableFact]
    public async Task A_handler_that_throws_resets_its_stream()
    {
        var (_, beta, peer, _) = await PairAsync();
        beta.Node.HandleStreams("bad/1", static _ => throw new InvalidOperationException("no"));
        await using var stream = await peer.OpenStreamAsync("bad/1");
        var failure = await Should.ThrowAsync<StreamResetException>(() => stream.ReadAsync(new byte[1]).Within());
        failure.Code.ShouldBe(StreamResetCode.HandlerFailed);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_that_is_lost_fails_whatever_waits_at_both_ends(bool hangsUp)
    {
        var (_, beta, peer, _) = await PairAsync();
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
        if (hangsUp)
            await peer.HangupAsync().Within();
        else
            peer.Session.Link.Abort();

        (await Should.ThrowAsync<FirnException>(opening.Within)).Reason.ShouldBe(FailureReason.NotConnected);
        foreach (var task in waiting)
            (await Should.ThrowAsync<IOException>(task.Within)).InnerException.ShouldBeOfType<FirnException>();
        (await Should.ThrowAsync<IOException>(() => read.Here.WriteAsync(new byte[1]).Within())).InnerException.ShouldBeOfType<FirnException>();
        await Should.ThrowAsync<FirnException>(() => peer.OpenStreamAsync("idle/1"));   // the peer, that is: another session is another one
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Handlers_end_with_either_node(bool own)
    {
        var (alpha, beta, peer, _) = await PairAsync();
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

    private async Task<StreamPair> OpenAsync()
    {
        var (_, beta, peer, _) = await PairAsync();
        return await StreamPair.OpenAsync(peer, beta);
    }
}
