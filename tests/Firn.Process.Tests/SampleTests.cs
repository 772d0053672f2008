using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>The samples as a reader would start them: real processes of one home, with no options.</summary>
public sealed class SampleTests : NodeTests
{
    [Fact]
    public async Task What_one_types_in_the_chat_appears_at_the_others_and_who_leaves_is_missed()
    {
        ChildProcess ann = Home.StartProgram("Chat", "ann"), bob = Home.StartProgram("Chat", "bob"), cyd = Home.StartProgram("Chat", "cyd");
        (string Name, ChildProcess Process)[] all = [("ann", ann), ("bob", bob), ("cyd", cyd)];
        await Task.WhenAll(
            from one in all
            from other in all
            where one != other
            select one.Process.WaitForLineAsync(line => line == $"* {other.Name} is here"));

        await ann.Input.WriteLineAsync("hello, you two");
        await ann.Input.FlushAsync();
        await Task.WhenAll(bob.WaitForLineAsync(line => line == "ann: hello, you two"), cyd.WaitForLineAsync(line => line == "ann: hello, you two"));

        bob.Input.Close();
        (await bob.WaitForExitAsync()).ShouldBe(0);
        await Task.WhenAll(ann.WaitForLineAsync(line => line == "* bob has left"), cyd.WaitForLineAsync(line => line == "* bob has left"));
        ann.Output.Lines.ShouldNotContain(line => line.Text.StartsWith("ann:"));
    }

    [Fact]
    public async Task Every_job_is_done_once_though_a_worker_node_is_killed_in_the_middle()
    {
        ChildProcess[] workers = [Home.StartProgram("Workers"), Home.StartProgram("Workers")];
        await Task.WhenAll(workers.Select(worker => worker.WaitForLineAsync(line => line.Contains("is ready to work"))));
        ChildProcess employer = Home.StartProgram("Workers", "60");
        await Task.WhenAll(workers.Select(worker => worker.WaitForLineAsync(line => line == "hired by employer")));
        await employer.WaitForLineAsync(line => line.StartsWith("job "));

        workers[0].Send(Signal.Kill);
        await employer.WaitForLineAsync(line => line.Contains(" is lost: "));
        ChildProcess replacement = Home.StartProgram("Workers");

        (await employer.WaitForExitAsync()).ShouldBe(0, employer.Errors.ToString());
        string[] done = [.. employer.Output.Lines.Select(line => line.Text).Where(line => line.StartsWith("job ")).Select(line => line.Split(' ')[1])];
        done.Order().ShouldBe(Enumerable.Range(1, 60).Select(i => $"{i}").Order());
        employer.Output.Lines[^1].Text.ShouldStartWith("60 of 60 jobs done, ");
        employer.Output.Lines.Count(line => line.Text.Contains(" is lost: ")).ShouldBe(1);
        replacement.HasExited.ShouldBeFalse();
    }
}
