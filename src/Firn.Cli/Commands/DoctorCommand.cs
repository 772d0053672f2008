using System.CommandLine;

namespace Firn.Cli;

/// <summary><c>firn doctor</c>: what of this machine keeps nodes from running and from finding each other.</summary>
internal static class DoctorCommand
{
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
            var display = new FindingDisplay(Terminal.For(json ? TextWriter.Null : output));
            var findings = new List<Finding>();
            await foreach (var finding in Examination.RunAsync(Examination.Of(Surroundings.OfProcess), stop))
            {
                findings.Add(finding);
                display.Show(finding);
            }

            var record = new DoctorRecord(!findings.Exists(finding => finding.Verdict == Verdict.Problem), findings);
            if (json)
                JsonLines.Write(output, record, CliJson.Default.DoctorRecord);
            else
                display.Summarise(findings);
            return record.Ok ? Tool.Success : Tool.Failure;
        });
        return command;
    }
}
