using Firn.Messaging;
using Firn.Testing;

namespace Firn.Tests.Messaging;

/// <summary>Exits that a process traps wait in its mailbox however full that is, so their number is the session's affair.</summary>
public sealed class ExitFloodTests : ProcessFixture
{
    private static readonly ExitReason Wordy = ExitReason.Custom(new string('x', ExitReason.MaxText));

    // All but the last of those that may wait.
    private const int Most = (int)(RemoteExit.MaxWaiting / (64 + (2 * ExitReason.MaxText)));

    [Fact]
    public async Task A_peer_that_sends_more_than_are_seen_is_cut_off()
    {
        var (alpha, beta, peer) = await PairAsync();
        var deaf = await TrapAsync(alpha, beta, self => Task.Delay(Timeout.Infinite, self.Exiting));

        await FloodAsync(alpha, deaf, peer.Name, Most);
        peer.IsConnected.ShouldBeTrue();
        alpha.Node.Exit(deaf, Wordy);

        (await alpha.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.ProtocolError);
    }

    [Fact]
    public async Task What_was_seen_or_has_gone_with_its_process_counts_no_more()
    {
        var (alpha, beta, peer) = await PairAsync();
        var release = new TaskCompletionSource();
        var late = await TrapAsync(alpha, beta, async self =>
        {
            await release.Task;
            for (int i = 0; i < Most / 2; i++)
                (await self.ReceiveAsync()).Exit.ShouldNotBeNull().Reason.ShouldBe(Wordy);
        });
        await FloodAsync(alpha, late, peer.Name, Most);
        var down = alpha.WhenDownAsync(late);
        await SettleAsync(alpha, peer.Name);
        release.SetResult();
        (await down).ShouldBe(ExitReason.Normal);

        var other = await TrapAsync(alpha, beta, self => Task.Delay(Timeout.Infinite, self.Exiting));
        await FloodAsync(alpha, other, peer.Name, Most);
        peer.IsConnected.ShouldBeTrue();
    }

    /// <summary>A process of <paramref name="there"/> that traps exits already, as <paramref name="here"/> sees it.</summary>
    private static async Task<Pid> TrapAsync(LiveNode here, LiveNode there, Func<Process<int>, Task> function)
    {
        var trapping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = here.Sees(there.Node.Spawn<int>(self =>
        {
            self.TrapExits = true;
            trapping.SetResult();
            return function(self);
        }));
        await trapping.Task;
        return process;
    }

    private static async Task FloodAsync(LiveNode from, Pid to, NodeName node, int count)
    {
        for (int i = 1; i <= count; i++)
        {
            from.Node.Exit(to, Wordy);
            if (i % 1_000 == 0 || i == count)
                await SettleAsync(from, node);
        }
    }
}
