using Firn.Relays;
using Firn.Testing;

namespace Firn.Tests.Relays;

/// <summary>What becomes of one stream when the other, which its bytes go to, is over.</summary>
public sealed class ForwardingTests : RelayFixture
{
    private readonly TaskCompletionSource _over = new();
    private FirnStream _asking = null!;   // a's
    private FirnStream _onward = null!;   // c's
    private FirnStream _lost = null!;     // b's, to c

    public override async Task DisposeAsync()
    {
        _over.SetResult();
        await base.DisposeAsync();
    }

    /// <summary>Both directions may be done before anybody is told that a stream is over.</summary>
    [Fact]
    public async Task Who_loses_one_end_tells_the_other_before_it_is_done()
    {
        await JoinAsync();
        _lost.WhenAborted(static () => { });   // in the place of the forwarding, which is told too late

        Network.Cut("b", "c").ShouldBe(1);
        await NodeGroup.UntilAsync(() => _lost.IsAborted, "the loss to be noticed");

        var error = await Should.ThrowAsync<StreamResetException>(async () =>
        {
            await _asking.WriteAsync(new byte[1]);
            await _asking.ReadAsync(new byte[1]).AsTask().WaitAsync(EventLog.Ceiling);
        });
        error.Code.ShouldBe(StreamResetCode.RelayLost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_is_told_of_a_loss_need_not_have_read_what_came_before(bool isForth)
    {
        await JoinAsync();
        var (writer, reader) = isForth ? (_asking, _onward) : (_onward, _asking);
        StreamTesting.UntilOver(() => writer.WriteAsync(new byte[4_000_000]).AsTask());
        await NodeGroup.UntilAsync(() => reader.Received.Left == 0, "the window to be full");

        Network.Cut(isForth ? "a" : "c", "b").ShouldBe(1);

        await NodeGroup.UntilAsync(() => reader.IsAborted, "the other end to be told");
        reader.Failure.ShouldBeOfType<StreamResetException>().Code.ShouldBe(StreamResetCode.RelayLost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_said_before_the_end_goes_through_though_its_session_is_lost_and_nothing_comes_back(bool isForth)
    {
        await JoinAsync();
        var (writer, reader) = isForth ? (_asking, _onward) : (_onward, _asking);
        byte[] said = StreamTesting.Bytes(100_000);
        await writer.WriteAsync(said);
        writer.CompleteWrites();
        await NodeGroup.UntilAsync(() => reader.Received.HasEnded, "the end to arrive");

        Network.Cut(isForth ? "a" : "c", "b").ShouldBe(1);

        await NodeGroup.UntilAsync(() => reader.IsAborted, "the other end to be told that nobody listens");
        (await StreamTesting.ReadToEndAsync(reader).WaitAsync(EventLog.Ceiling)).ShouldBe(said);
        reader.Failure.ShouldBeOfType<StreamResetException>().Code.ShouldBe(StreamResetCode.Cancelled);
    }

    private async Task JoinAsync()
    {
        await StartAsync();
        var (lost, onward) = (new TaskCompletionSource<FirnStream>(), new TaskCompletionSource<FirnStream>());
        C.Node.Core.StreamHandlers.Add("onward", stream =>
        {
            onward.SetResult(stream);
            return _over.Task;
        });
        B.Node.Core.StreamHandlers.Add("asking", async asking =>
        {
            await using var other = await B.Node.FindPeer("c").OpenStreamAsync("onward");
            var forwarding = new Forwarding(asking, other);
            lost.SetResult(other);
            await forwarding.RunAsync();
        });
        _asking = await A.Node.FindPeer("b").OpenStreamAsync("asking");
        (_lost, _onward) = (await lost.Task.WaitAsync(EventLog.Ceiling), await onward.Task.WaitAsync(EventLog.Ceiling));
    }
}
