using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Streams that end because somebody disposes of them.</summary>
public class StreamDisposalTests : StreamFixture
{
    [Theory]
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
        await NodeGroup.UntilAsync(() => to.IsAborted, "the other end to hear that nobody reads");
        (await Should.ThrowAsync<StreamResetException>(() => to.WriteAsync(new byte[1]).Within())).Code.ShouldBe(StreamResetCode.Cancelled);
    }

    [Fact]
    public async Task A_stream_that_was_never_used_still_reaches_its_handler()
    {
        var (_, beta, peer) = await ConnectAsync();
        var handled = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        beta.Node.HandleStreams("knock/1", async stream => handled.SetResult(await stream.ReadAsync(new byte[1])));
        await (await peer.OpenStreamAsync("knock/1")).DisposeAsync();
        (await handled.Task.Within()).ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_whose_input_was_completed_before_leaves_nothing_when_it_is_disposed_of(bool hasSeenEnd)
    {
        var (alpha, beta, peer) = await ConnectAsync();
        await using var pair = await StreamPair.OpenAsync(peer, beta);
        if (hasSeenEnd)
        {
            pair.There.CompleteWrites();
            (await pair.Here.ReadAsync(new byte[1]).Within()).ShouldBe(0);
        }

        await pair.Here.Input.CompleteAsync();
        await pair.Here.DisposeAsync();

        peer.Session.Streams.Count.ShouldBe(0);
        alpha.Node.Peers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Unread_input_and_a_write_that_waits_at_the_other_end_end_with_a_reset()
    {
        await using var pair = await OpenAsync();
        var writing = pair.There.WriteAsync(new byte[1_000_000]).AsTask();
        await pair.Here.ReadAsync(new byte[1]).Within();
        await pair.Here.DisposeAsync();
        (await Should.ThrowAsync<StreamResetException>(writing.Within)).Code.ShouldBe(StreamResetCode.Cancelled);
        (await pair.There.ReadAsync(new byte[1]).Within()).ShouldBe(0);
    }

    [Fact]
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

    [Fact]
    public async Task A_read_alone_that_waits_fails_as_one_of_something_disposed()
    {
        await using var pair = await OpenAsync();
        var reading = pair.Here.ReadAsync(new byte[1]).AsTask();
        pair.Here.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(reading.Within);
    }

    [Fact]
    public async Task Output_that_was_not_flushed_is_sent()
    {
        await using var pair = await OpenAsync();
        pair.Here.Output.GetSpan(3)[..3].Fill(9);
        pair.Here.Output.Advance(3);
        Should.Throw<InvalidOperationException>(pair.Here.CompleteWrites).Message.ShouldContain("3 bytes");
        await pair.Here.DisposeAsync();
        (await pair.There.ReadToEndAsync()).ShouldBe([9, 9, 9]);
    }

    [Fact]
    public async Task A_handler_that_returns_early_ends_the_stream_in_good_order()
    {
        var (_, beta, peer) = await ConnectAsync();
        beta.Node.HandleStreams("brief/1", static async stream => await stream.WriteAsync("hello"u8.ToArray()));
        await using var stream = await peer.OpenStreamAsync("brief/1");
        var writing = stream.WriteAsync(new byte[10_000_000]).AsTask();
        (await stream.ReadToEndAsync()).ShouldBe("hello"u8.ToArray());
        (await Should.ThrowAsync<StreamResetException>(writing.Within)).Code.ShouldBe(StreamResetCode.Cancelled);
    }

    [Fact]
    public async Task Disposing_while_it_is_read_never_shows_bytes_of_another_stream()
    {
        var (_, beta, peer) = await ConnectAsync();
        beta.Node.HandleStreams("fill/1", static async stream =>
        {
            var value = new byte[1];
            await stream.ReadExactlyAsync(value);
            var chunk = new byte[60_000];
            Array.Fill(chunk, value[0]);
            while (true)
                await stream.WriteAsync(chunk);
        });

        async Task ReadAsync(byte value)
        {
            for (int i = 0; i < 40; i++)
            {
                var stream = await peer.OpenStreamAsync("fill/1");
                await stream.WriteAsync(new[] { value });
                var reading = Task.Run(async () =>
                {
                    var buffer = new byte[100_000];
                    try
                    {
                        while (true)
                        {
                            int read = await stream.ReadAsync(buffer);
                            buffer.AsSpan(0, read).IndexOfAnyExcept(value).ShouldBe(-1);
                        }
                    }
                    catch (Exception e) when (e is IOException or ObjectDisposedException)
                    {
                    }
                });
                while (!reading.IsCompleted && stream.Received.Left > 200_000)
                    await Task.Yield();
                await stream.DisposeAsync();
                await reading.Within();
            }
        }

        await Task.WhenAll(ReadAsync(1), ReadAsync(2)).Within();
        peer.IsConnected.ShouldBeTrue();
    }
}
