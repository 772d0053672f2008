using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Streams that end because somebody disposes of them.</summary>
public class StreamDisposalTests : StreamFixture
{
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
