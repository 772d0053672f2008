using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Both ends write as fast as they can, and nobody reads until both are stuck.</summary>
public class StreamDuplexTests : StreamFixture
{
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Nobody_waits_for_ever(int streams)
    {
        var (_, beta, peer) = await ConnectAsync();
        var sent = StreamTesting.Bytes(2_000_000);
        await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => TalkAsync())).Within();

        async Task TalkAsync()
        {
            await using var pair = await StreamPair.OpenAsync(peer, beta);
            Task[] writing = [WriteAsync(pair.Here), WriteAsync(pair.There)];
            await NodeGroup.UntilAsync(() => pair.Here.Received.Left == 0 && pair.There.Received.Left == 0, "both ends to be stuck");
            var received = await Task.WhenAll(pair.Here.ReadToEndAsync(), pair.There.ReadToEndAsync());
            await Task.WhenAll(writing);
            received.ShouldAllBe(bytes => bytes.SequenceEqual(sent));
        }

        async Task WriteAsync(FirnStream stream)
        {
            await stream.WriteAsync(sent);
            stream.CompleteWrites();
        }
    }
}
