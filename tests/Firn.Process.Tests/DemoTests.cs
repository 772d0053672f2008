using System.Text.Json;

using Firn.Testing;

using Xunit.Abstractions;

namespace Firn.Process.Tests;

/// <summary><c>firn demo</c>, the whole story in one command.</summary>
public sealed class DemoTests(ITestOutputHelper report) : NodeTests
{
    /// <summary>For all steps together.</summary>
    private static readonly TimeSpan Ceiling = 3 * ChildProcess.Ceiling;

    [Fact]
    public async Task Succeeds_and_leaves_neither_process_nor_file_behind()
    {
        string temporary = Directory.CreateDirectory(Path.Combine(Home.Directory, "tmp")).FullName;
        Home.Environment["TMPDIR"] = temporary;

        ChildProcess process = Home.Start("demo", "--json");
        int exitCode = await process.WaitForExitAsync(Ceiling);
        var demo = new CommandResult(exitCode, process.Output.ToString(), process.Errors.ToString());

        ProcessTable.With($"TMPDIR={temporary}").ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(temporary).ShouldBeEmpty();
        demo.ExitCode.ShouldBe(0, $"{demo.Errors}\n{demo.Output}");
        demo.Json.GetProperty("ok").GetBoolean().ShouldBeTrue();
        foreach (JsonElement step in demo.Json.GetProperty("steps").EnumerateArray())
        {
            step.GetProperty("ok").GetBoolean().ShouldBeTrue();
            report.WriteLine($"{step.GetProperty("ms").GetDouble(),8:0} ms  {step.GetProperty("step")}: {step.GetProperty("detail")}");
        }

        report.WriteLine($"{demo.Json.GetProperty("seconds").GetDouble(),8:0.00} s in all");
    }

    [Fact]
    public async Task Prints_the_steps_as_they_happen_and_what_to_try_next()
    {
        ChildProcess demo = Home.Start("demo");

        OutputLine first = await demo.WaitForLineAsync(line => line.StartsWith("1. "));
        OutputLine last = await demo.WaitForLineAsync(line => line.Contains("firn up"), after: first, Ceiling);
        (await demo.WaitForExitAsync(Ceiling)).ShouldBe(0);
        last.At.ShouldBeGreaterThan(first.At);
        demo.Errors.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Interrupted_it_takes_everything_with_it()
    {
        string temporary = Directory.CreateDirectory(Path.Combine(Home.Directory, "tmp")).FullName;
        Home.Environment["TMPDIR"] = temporary;
        ChildProcess demo = Home.Start("demo");
        await demo.WaitForLineAsync(line => line.StartsWith("2. "));

        demo.Send(Signal.Interrupt);

        (await demo.WaitForExitAsync()).ShouldBe(130);
        ProcessTable.With($"TMPDIR={temporary}").ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(temporary).ShouldBeEmpty();
    }
}
