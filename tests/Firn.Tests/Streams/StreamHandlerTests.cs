using Firn.Testing;

namespace Firn.Tests.Streams;

/// <summary>Who serves which streams, and what becomes of them with handlers, sessions and nodes that end.</summary>
public class StreamHandlerTests : StreamFixture
{
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
}
