using Firn.AspNetCore;
using Firn.Testing;

using Xunit.Abstractions;

namespace Firn.Process.Tests;

/// <summary>Two processes that dial each other at the same instant.</summary>
public sealed class CrossingDialsTests(ITestOutputHelper report) : NodeTests
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1" ? 500 : 20;

    /// <summary>About what a handshake takes: an earlier dial is done, a later one does not cross.</summary>
    private const int MaxOffsetMilliseconds = 6;

    [Fact]
    public async Task Always_make_one_session_and_no_flapping_and_every_dial_completes()
    {
        int seed = Random.Shared.Next();
        report.WriteLine($"seed {seed}");
        var random = new Random(seed);
        FirnNode[] nodes = await Task.WhenAll(
            Home.UpAsync("--name", "alpha", "--no-discovery"), Home.UpAsync("--name", "beta", "--no-discovery"));
        (FirnNode alpha, FirnNode beta) = (nodes[0], nodes[1]);
        using ControlClient controlOfAlpha = alpha.Control(), controlOfBeta = beta.Control();

        int crossed = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            (OutputLine markOfAlpha, OutputLine markOfBeta) = (alpha.Mark, beta.Mark);
            int offset = random.Next(-MaxOffsetMilliseconds, MaxOffsetMilliseconds + 1);
            PeerBody[] reached = await Task.WhenAll(
                DialAsync(controlOfAlpha, beta.Address, offset), DialAsync(controlOfBeta, alpha.Address, -offset));

            string where = $"round {round}, offset {offset} ms";
            reached[0].Name.ShouldBe(beta.Name, where);
            reached[1].Name.ShouldBe(alpha.Name, where);
            await ShouldAgreeAsync(controlOfAlpha, controlOfBeta, where);
            await Task.WhenAll(alpha.SeesAsync("peerUp", beta, markOfAlpha), beta.SeesAsync("peerUp", alpha, markOfBeta));
            foreach (FirnNode node in nodes)
            {
                node.Count("peerUp").ShouldBe(round, where);
                node.Count("peerDown").ShouldBe(round - 1, where);
            }

            crossed += reached[0].SessionId == reached[1].SessionId ? 0 : 1;
            await HangUpAsync(controlOfAlpha, alpha, beta);
        }

        report.WriteLine($"{Rounds} rounds; in {crossed} of them the dials completed with different sessions");
        nodes.ShouldAllBe(node => node.Count("refused") == 0 && node.Count("dialFailed") == 0);
    }

    private static async Task<PeerBody> DialAsync(ControlClient control, string address, int milliseconds)
    {
        await Task.Delay(Math.Max(0, milliseconds));
        return await control.DialAsync(address, CancellationToken.None);
    }

    /// <summary>The two ends may learn of the winner at different instants, but soon agree.</summary>
    private static async Task ShouldAgreeAsync(ControlClient one, ControlClient other, string where)
    {
        using var ceiling = new CancellationTokenSource(ChildProcess.Ceiling);
        while (true)
        {
            PeerBody mine = (await one.PeersAsync(ceiling.Token)).ShouldHaveSingleItem(where);
            PeerBody theirs = (await other.PeersAsync(ceiling.Token)).ShouldHaveSingleItem(where);
            if (mine.SessionId == theirs.SessionId)
            {
                mine.Direction.ShouldNotBe(theirs.Direction, where);
                return;
            }
        }
    }

    private static async Task HangUpAsync(ControlClient control, FirnNode node, FirnNode peer)
    {
        (OutputLine here, OutputLine there) = (node.Mark, peer.Mark);
        await control.HangupAsync(peer.Name, CancellationToken.None);
        await Task.WhenAll(node.SeesAsync("peerDown", peer, here), peer.SeesAsync("peerDown", node, there));
    }
}
