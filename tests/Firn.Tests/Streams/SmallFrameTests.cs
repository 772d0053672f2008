using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Frames of a few bytes, so that every seam of what is cut into frames is met.</summary>
public class SmallFrameTests : StreamFixture
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task A_stream_arrives_whole(int payload)
    {
        var (_, beta, peer) = await ConnectAsync(options => options.MaxSentPayload = payload);
        beta.Node.HandleStreams("echo/1", static stream => stream.CopyToAsync(stream));
        await using var stream = await peer.OpenStreamAsync("echo/1");
        var sent = StreamTesting.Bytes(30_000);
        var writing = Task.Run(async () =>
        {
            for (int at = 0, length = 0; at < sent.Length; at += length, length = (length * 2 % 777) + 1)
                await stream.WriteAsync(sent.AsMemory(at, Math.Min(length, sent.Length - at)));
            stream.CompleteWrites();
        });
        (await stream.ReadToEndAsync()).SequenceEqual(sent).ShouldBeTrue();
        await writing.Within();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task Messages_and_replies_arrive_whole(int payload)
    {
        var (_, beta, peer) = await ConnectAsync(options => options.MaxSentPayload = payload);
        beta.Node.Spawn<byte[]>("echo", static async self =>
        {
            await foreach (var message in self.Messages)
                await message.ReplyAsync(message.Body);
        });
        var echo = peer.Named<byte[]>("echo");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var sent = StreamTesting.Bytes(i * i * 3, i);
            (await echo.CallAsync<byte[]>(sent, TimeSpan.FromSeconds(30))).SequenceEqual(sent).ShouldBeTrue($"{sent.Length} bytes");
        })).Within();
    }
}
