using Firn.Tests.Nodes;

namespace Firn.Tests.Streams;

/// <summary>Streams over real sessions.</summary>
public class StreamTests : NodeFixture
{
    [Fact]
    public async Task Bytes_go_both_ways_and_each_end_says_when_it_is_done()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        beta.Node.HandleStreams("echo/1", static async stream => await stream.CopyToAsync(stream));
        var peer = await alpha.ConnectAsync(beta);

        await using var stream = await peer.OpenStreamAsync("echo/1");
        var sent = new byte[3_000_000];
        Random.Shared.NextBytes(sent);
        var writing = Task.Run(async () =>
        {
            await stream.WriteAsync(sent);
            stream.CompleteWrites();
        });
        var received = new MemoryStream();
        await stream.CopyToAsync(received).WaitAsync(TimeSpan.FromSeconds(30));
        await writing;
        received.ToArray().SequenceEqual(sent).ShouldBeTrue();
    }

    [Fact]
    public async Task A_stream_that_nobody_handles_says_so()
    {
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var peer = await alpha.ConnectAsync(beta);

        await using var stream = await peer.OpenStreamAsync("unknown/1");
        var failure = await Should.ThrowAsync<StreamResetException>(() => stream.ReadAsync(new byte[1]).AsTask());
        failure.Code.ShouldBe(StreamResetCode.UnknownProtocol);
        failure.Message.ShouldContain("HandleStreams");
    }
}
