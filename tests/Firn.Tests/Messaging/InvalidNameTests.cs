using Firn.Tests.Nodes;

namespace Firn.Tests.Messaging;

/// <summary>Names that users give are checked before they become bytes.</summary>
public sealed class InvalidNameTests : NodeFixture
{
    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData(20_000)]
    [InlineData(100_000)]
    public async Task A_name_that_none_can_have_is_refused_and_the_session_lives(object given)
    {
        string name = given as string ?? new string('x', (int)given);
        var (alpha, beta) = (await StartAsync("alpha"), await StartAsync("beta"));
        var peer = await alpha.ConnectAsync(beta);

        (await Should.ThrowAsync<FirnException>(async () => await peer.Named<int>(name).SendAsync(1))).Reason.ShouldBe(FailureReason.InvalidInput);
        (await Should.ThrowAsync<FirnException>(() => peer.SpawnAsync<int, int>(name, 1))).Reason.ShouldBe(FailureReason.InvalidInput);
        await peer.PingAsync();
    }
}
