using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>The harness itself, on shells.</summary>
public class ChildProcessTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task A_command_gives_its_exit_code_and_both_outputs_and_reads_its_input()
    {
        CommandResult result = await ChildProcess.RunAsync("sh", ["-c", "cat; echo wrong >&2; exit 3"], input: "one\ntwo\n");

        result.ShouldBe(new CommandResult(3, "one\ntwo", "wrong"));
    }

    [Fact]
    public async Task A_command_that_never_reads_its_input_is_no_error()
    {
        CommandResult result = await ChildProcess.RunAsync("true", [], input: new string('x', 1_000_000));

        result.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_environment_is_laid_over_the_hosts_and_null_removes()
    {
        var environment = new Dictionary<string, string?> { ["FIRN_HOME"] = "here", ["HOME"] = null };

        CommandResult result = await ChildProcess.RunAsync("sh", ["-c", "echo $FIRN_HOME/${HOME-gone}"], environment);

        result.Output.ShouldBe("here/gone");
    }

    [Fact]
    public async Task A_line_is_awaited_and_one_can_ask_for_the_next_like_it()
    {
        await using ChildProcess child = Shell("echo up 1; echo other; read -r _; echo up 2; exec sleep 600");

        OutputLine first = await child.WaitForLineAsync(line => line.StartsWith("up"));
        Task<OutputLine> next = child.WaitForLineAsync(line => line.StartsWith("up"), after: first);
        next.IsCompleted.ShouldBeFalse();
        child.Input.Write("go\n");
        child.Input.Flush();

        (await next).Text.ShouldBe("up 2");
        (await next).At.ShouldBeGreaterThan(first.At);
    }

    [Fact]
    public async Task JSON_lines_are_found_among_others()
    {
        await using ChildProcess child = Shell("""echo starting; echo '{broken'; echo '{"event":"peerUp","peer":"b@x"}'""");

        OutputLine line = await child.WaitForJsonAsync(json => json.GetProperty("event").GetString() == "peerUp");

        line.Json().GetProperty("peer").GetString().ShouldBe("b@x");
    }

    [Fact]
    public async Task A_line_that_does_not_come_fails_at_the_ceiling_with_all_that_came()
    {
        await using ChildProcess child = Shell("echo hello; echo trouble >&2; exec sleep 600");
        await child.WaitForErrorAsync(line => line == "trouble");
        await child.WaitForLineAsync(line => line == "hello");

        TimeoutException error = await Should.ThrowAsync<TimeoutException>(
            () => child.WaitForLineAsync(line => line == "bye", ceiling: Soon));

        error.Message.ShouldContain("hello");
        error.Message.ShouldContain("trouble");
        error.Message.ShouldContain("line == \"bye\"");
    }

    [Fact]
    public async Task The_end_of_the_process_ends_the_wait_for_its_lines()
    {
        await using ChildProcess child = Shell("echo hello");

        EndOfStreamException error = await Should.ThrowAsync<EndOfStreamException>(
            () => child.WaitForLineAsync(line => line == "bye"));

        error.Message.ShouldContain("hello");
    }

    [Theory]
    [InlineData(Signal.Terminate, 7)]
    [InlineData(Signal.Interrupt, 8)]
    [InlineData(Signal.Kill, 128 + 9)]
    internal async Task Signals_arrive_and_their_exit_codes_come_back(Signal signal, int exitCode)
    {
        await using ChildProcess child = Shell("trap 'exit 7' TERM; trap 'exit 8' INT; echo ready; while :; do sleep 0.1; done");
        await child.WaitForLineAsync(line => line == "ready");

        child.Send(signal);

        (await child.WaitForExitAsync()).ShouldBe(exitCode);
    }

    [Fact]
    public async Task A_stopped_process_is_silent_until_it_continues()
    {
        await using ChildProcess child = Shell("while read -r line; do echo $line; done");

        child.Input.AutoFlush = true;
        await child.Input.WriteLineAsync("one");
        await child.WaitForLineAsync(line => line == "one");
        child.Send(Signal.Stop);
        await child.Input.WriteLineAsync("two");
        await Should.ThrowAsync<TimeoutException>(() => child.WaitForLineAsync(line => line == "two", ceiling: Soon));
        child.Send(Signal.Continue);

        await child.WaitForLineAsync(line => line == "two");
    }

    [Fact]
    public async Task Disposal_kills_the_whole_group_even_when_its_leader_has_gone()
    {
        ChildProcess child = Shell("sleep 600 & echo ready");
        await child.WaitForLineAsync(line => line == "ready");

        await child.DisposeAsync();

        // Ended outputs: nobody holds them any more, so the sleep is gone too.
        (await child.Output.WaitForAsync(_ => false, 0, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task The_guard_kills_the_groups_that_a_dead_host_left_and_no_others()
    {
        await using ChildProcess left = Shell("sleep 600 & echo ready; wait");
        await using ChildProcess released = Shell("echo ready; read -r line; echo $line");
        await left.WaitForLineAsync(line => line == "ready");
        await released.WaitForLineAsync(line => line == "ready");

        using (var guard = new ProcessGuard())
        {
            guard.Watch(left.Id);
            guard.Watch(released.Id);
            guard.Release(released.Id);
        }

        (await left.WaitForExitAsync()).ShouldBe(128 + 9);
        released.Input.Write("alive\n");
        released.Input.Flush();
        await released.WaitForLineAsync(line => line == "alive");
    }

    private static ChildProcess Shell(string script) => ChildProcess.Start("sh", ["-c", script]);
}
