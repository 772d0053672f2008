using System.CommandLine;

namespace Firn.Cli;

/// <summary><c>firn demo</c>: the main job, shown on this machine.</summary>
internal static class DemoCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "demo",
            "Start three nodes here, mesh them, kill one, bring it back and turn a stranger away; leaves nothing behind",
            "firn demo",
            "firn demo --json");
        command.SetAction(async (parsed, stop) =>
        {
            bool json = parsed.GetValue(common.Json);
            var output = parsed.InvocationConfiguration.Output;
            var steps = new DemoSteps(json ? TextWriter.Null : output);
            var record = await new DemoScript(steps).RunAsync(stop);
            if (json)
                JsonLines.Write(output, record, CliJson.Default.DemoRecord);
            if (record.Ok)
                return Tool.Success;

            string why = Printable.Line(record.Steps[^1].Detail);
            parsed.InvocationConfiguration.Error.WriteLine($"firn: the demo stopped at step {record.Steps.Count}: {why}");
            return Tool.Failure;
        });
        return command;
    }
}
