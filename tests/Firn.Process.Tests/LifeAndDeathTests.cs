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

        // On a busy machine the two may lose each other before their time: what counts is the session that this ping goes through.
        OutputLine mark = alpha.Mark;
        DateTime pinged = DateTime.UtcNow;
        await alpha.PingAsync(beta);
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
    public async Task A_node_that_was_frozen_itself_accuses_nobody()
    {
        // Alpha would wait 30 s for beta, so its session outlives the freeze. Gamma waits 2 s, and by missing beta tells the test that
        // beta's own limit has long passed.
        FirnNode alpha = await Home.UpAsync("--name", "alpha", "--no-discovery");
        FirnNode gamma = await Home.UpAsync("--name", "gamma", "--no-discovery", "--ping-interval", "1s", "--ping-deadline", "1s");
        FirnNode beta = await Home.UpAsync(
            "--name", "beta", "--no-discovery", "--ping-interval", "500ms", "--ping-deadline", "500ms",
            "--peer", alpha.Address, "--peer", gamma.Address);
        await Task.WhenAll(FirnNode.MeetAsync(alpha, beta), FirnNode.MeetAsync(gamma, beta));
        await beta.PingAsync(alpha);

        OutputLine mark = gamma.Mark;
        beta.Process.Send(Signal.Stop);
        OutputLine down = await gamma.SeesAsync("peerDown", beta, mark);
        beta.Process.Send(Signal.Continue);

        // Back in touch with gamma, and past its own limit for alpha once more, it has had every occasion.
        await gamma.SeesAsync("peerUp", beta, down);
        (await beta.RunAsync("ping", "alpha", "-c", "12", "-i", "100ms", "--json")).Json.GetProperty("received").GetInt32().ShouldBe(12);
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
    public async Task Timeout_which_signals_its_child_and_then_the_childs_group_ends_it_in_good_order()
    {
        FirnNode alpha = await Home.UpAsync("--name", "alpha", "--no-discovery");
        await using ChildProcess timeout = ChildProcess.Start(
            "timeout",
            ["600", FirnTool.Host, .. FirnTool.Command(["up", "--json", "--name", "beta", "--no-discovery", "--listen", "127.0.0.1:0", "--peer", alpha.Address])],
            Home.Environment);
        FirnNode beta = await FirnNode.StartAsync(Home, timeout);
        await FirnNode.MeetAsync(alpha, beta);

        timeout.Send(Signal.Terminate);

        Reason(await alpha.SeesAsync("peerDown", beta)).ShouldBe("shutdown");
        (await timeout.WaitForExitAsync()).ShouldBe(0);
    }

    private async Task<(FirnNode Alpha, FirnNode Beta)> PairAsync(string[] optionsOfAlpha, string[] optionsOfBeta)
    {
        FirnNode alpha = await Home.UpAsync(["--name", "alpha", "--no-discovery", .. optionsOfAlpha]);
        FirnNode beta = await Home.UpAsync(["--name", "beta", "--no-discovery", "--peer", alpha.Address, .. optionsOfBeta]);
        await FirnNode.MeetAsync(alpha, beta);
        return (alpha, beta);
    }

    private static string Reason(OutputLine line) => line.Json().GetProperty("reason").GetString()!;

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);

    private static string Millis(string what, TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{what}: {time.TotalMilliseconds:0.0} ms");
}
