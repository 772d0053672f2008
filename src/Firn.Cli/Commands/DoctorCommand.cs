using System.CommandLine;
using Spectre.Console;

namespace Firn.Cli;

/// <summary><c>firn doctor</c>: what of this machine keeps nodes from running and from finding each other.</summary>
internal static class DoctorCommand
{
    private const int Indent = 10;
    private const int CheckWidth = 10;

    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "doctor",
            "Check this machine: home, cookie, ports, network, clock, limits; and say what to do",
            "firn doctor",
            "firn doctor --json | jq '.findings[] | select(.verdict != \"ok\")'");
        command.SetAction(async (parsed, stop) =>
        {
            bool json = parsed.GetValue(common.Json);
            var output = parsed.InvocationConfiguration.Output;
            var console = Terminal.For(json ? TextWriter.Null : output);
            var findings = new List<Finding>();
            await foreach (var finding in Examination.RunAsync(Examination.Of(Surroundings.OfProcess), stop))
            {
                findings.Add(finding);
                Show(console, finding);
            }

            var record = new DoctorRecord(!findings.Exists(finding => finding.Verdict == Verdict.Problem), findings);
            if (json)
                JsonLines.Write(output, record, CliJson.Default.DoctorRecord);
            else
                console.WriteLine(Summary(findings));
            return record.Ok ? Tool.Success : Tool.Failure;
        });
        return command;
    }

    /// <summary><c>11 ok, 1 warning, 2 problems</c>.</summary>
    public static string Summary(IReadOnlyCollection<Finding> findings)
    {
        int Count(Verdict verdict) => findings.Count(finding => finding.Verdict == verdict);
        var (warnings, problems) = (Count(Verdict.Warning), Count(Verdict.Problem));
        return $"{Count(Verdict.Ok)} ok, {warnings} {(warnings == 1 ? "warning" : "warnings")}, {problems} {(problems == 1 ? "problem" : "problems")}";
    }

    private static void Show(IAnsiConsole console, Finding finding)
    {
        var (word, colour) = finding.Verdict switch
        {
            Verdict.Ok => ("ok", Color.Green),
            Verdict.Warning => ("warning", Color.Yellow),
            _ => ("problem", Color.Red),
        };
        console.Write(word.PadRight(Indent), new Style(colour));
        console.WriteLine($"{finding.Check.PadRight(CheckWidth)}  {Printable.Line(finding.Found)}");   // not as markup
        if (finding.Advice is { } advice)
            console.WriteLine($"{"",Indent}{"",CheckWidth}  {Printable.Line(advice)}", new Style(decoration: Decoration.Bold));
    }
}
