using System.Diagnostics;
using System.Globalization;

using Firn.Testing;

using Xunit.Abstractions;

namespace Firn.Process.Tests;

/// <summary>Processes that die, freeze, wake up and come back, as their peers see it.</summary>
public sealed class LifeAndDeathTests(ITestOutputHelper report) : NodeTests
{
    /// <summary>The clocks of the nodes count whole milliseconds; an event carries the wall clock's time.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(2);

    [Fact]
    public async Task A_killed_process_is_missed_by_the_reset_and_its_next_life_is_let_in_at_once()
    {
        (FirnNode alpha, FirnNode beta) = await PairAsync([], []);

        TimeSpan killed = Now();
        beta.Process.Send(Signal.Kill);
        OutputLine down = await alpha.SeesAsync("peerDown", beta);
        report.WriteLine(Millis("SIGKILL to peerDown", down.At - killed));
        Reason(down).ShouldBe("transportError"); // the timeout would take 30 s and say so

        FirnNode reborn = await Home.UpAsync("--name", "beta", "--no-discovery", "--peer", alpha.Address);
        await FirnNode.MeetAsync(alpha, reborn);
        reborn.Incarnation.ShouldBeGreaterThan(beta.Incarnation);
        reborn.Started.GetProperty("did").GetString().ShouldBe(beta.Started.GetProperty("did").GetString());
        alpha.Count("refused").ShouldBe(0);
        reborn.Count("dialFailed").ShouldBe(0);
    }

    [Fact]
    public async Task A_frozen_process_is_dead_after_interval_and_deadline_and_not_before_and_comes_back_by_itself()
    {
        TimeSpan interval = TimeSpan.FromMilliseconds(300), deadline = TimeSpan.FromMilliseconds(500);
        (FirnNode alpha, FirnNode beta) = await PairAsync(["--ping-interval", "300ms", "--ping-deadline", "500ms"], []);

        (OutputLine mark, DateTime pinged) = await PingOnceConnectedAsync(alpha, beta);
        beta.Process.Send(Signal.Stop);
        OutputLine down = await alpha.SeesAsync("peerDown", beta, mark);

        Reason(down).ShouldBe("timeout");
        TimeSpan silence = down.Json().GetProperty("at").GetDateTime() - pinged;
        report.WriteLine(Millis("last sign of life to peerDown", silence));
        silence.ShouldBeGreaterThanOrEqualTo(interval + deadline - Grain);

        OutputLine frozen = beta.Mark;
        TimeSpan woken = Now();
        beta.Process.Send(Signal.Continue);
        OutputLine up = await alpha.SeesAsync("peerUp", beta, down);
        await beta.SeesAsync("peerUp", alpha, frozen);
        report.WriteLine(Millis("SIGCONT to peerUp", up.At - woken));
    }

    [Fact]
    public async Task A_node_that_was_frozen_itself_accuses_nobody_of_not_having_answered_meanwhile()
    {
        FirnNode alpha = await Home.UpAsync("--name", "alpha", "--no-discovery");
        FirnNode gamma = await Home.UpAsync("--name", "gamma", "--no-discovery", "--ping-interval", "2s", "--ping-deadline", "2s");
        FirnNode beta = await Home.UpAsync(
            "--name", "beta", "--no-discovery", "--ping-interval", "200ms", "--ping-deadline", "3s",
            "--peer", alpha.Address, "--peer", gamma.Address);
        await Task.WhenAll(FirnNode.MeetAsync(alpha, beta), FirnNode.MeetAsync(gamma, beta));

        // Alpha falls silent, and beta begins to wait for its answer: these pings take two intervals.
        alpha.Process.Send(Signal.Stop);
        (await beta.RunAsync("ping", "gamma", "-c", "5", "-i", "100ms")).ExitCode.ShouldBe(0);

        // Beta is frozen for longer than it was going to wait: gamma, which misses it after four seconds, says when.
        (OutputLine markOfBeta, OutputLine markOfGamma) = (beta.Mark, gamma.Mark);
        beta.Process.Send(Signal.Stop);
        await gamma.SeesAsync("peerDown", beta, markOfGamma);
        beta.Process.Send(Signal.Continue);

        // Awake, it sees that gamma has given it up, but gives alpha the whole time to answer once more.
        await beta.SeesAsync("peerDown", gamma, markOfBeta);
        alpha.Process.Send(Signal.Continue);
        (await beta.RunAsync("ping", "alpha", "-c", "5", "-i", "100ms", "--json")).Json.GetProperty("received").GetInt32().ShouldBe(5);
        beta.Count("peerDown", alpha).ShouldBe(0);
        alpha.Count("peerDown", beta).ShouldBe(0);
    }

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Interrupt)]
    internal async Task A_signal_to_end_makes_a_node_say_goodbye(Signal signal)
    {
        (FirnNode alpha, FirnNode beta) = await PairAsync([], []);

        beta.Process.Send(signal);

        Reason(await alpha.SeesAsync("peerDown", beta)).ShouldBe("shutdown");
        (await beta.Process.WaitForExitAsync()).ShouldBe(0);
        beta.Process.Errors.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_signals_at_the_same_moment_are_one()
    {
        (FirnNode alpha, FirnNode beta) = await PairAsync([], []);

        beta.Process.Send(Signal.Terminate);
        beta.Process.Send(Signal.Interrupt);

        Reason(await alpha.SeesAsync("peerDown", beta)).ShouldBe("shutdown");
        (await beta.Process.WaitForExitAsync()).ShouldBe(0);
    }

    private async Task<(FirnNode Alpha, FirnNode Beta)> PairAsync(string[] optionsOfAlpha, string[] optionsOfBeta)
    {
        FirnNode alpha = await Home.UpAsync(["--name", "alpha", "--no-discovery", .. optionsOfAlpha]);
        FirnNode beta = await Home.UpAsync(["--name", "beta", "--no-discovery", "--peer", alpha.Address, .. optionsOfBeta]);
        await FirnNode.MeetAsync(alpha, beta);
        return (alpha, beta);
    }

    /// <summary>
    /// Pings a peer over a session that lives, and says from where to look on and when. With deadlines as short as these, two processes on a
    /// busy machine may lose each other before their time.
    /// </summary>
    private static async Task<(OutputLine Mark, DateTime At)> PingOnceConnectedAsync(FirnNode node, FirnNode peer)
    {
        for (TimeSpan end = Now() + ChildProcess.Ceiling; ;)
        {
            (OutputLine mark, DateTime at) = (node.Mark, DateTime.UtcNow);
            try
            {
                await node.PingAsync(peer);
                return (mark, at);
            }
            catch (FirnException) when (Now() < end)
            {
                // It is being redialled.
            }
        }
    }

    private static string Reason(OutputLine line) => line.Json().GetProperty("reason").GetString()!;

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private static string Millis(string what, TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{what}: {time.TotalMilliseconds:0.0} ms");
}
