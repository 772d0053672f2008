using System.CommandLine;
using System.Globalization;

namespace Firn.Cli;

/// <summary><c>firn ping NAME</c>: how long a peer takes to answer, as ping does.</summary>
internal static class PingCommand
{
    public static Command Create(CommonOptions common)
    {
        var name = new Argument<string>("NAME") { Description = "The peer: its name or the beginning of it" };
        name.CompletionSources.Add(Suggestions.Peers(common));
        var count = Parsed.Option("-c", "Stop after so many pings; 0 goes on until Ctrl-C [default: 0]", "N", ReadCount);
        var interval = Parsed.Option("-i", "Time from one ping to the next [default: 1s]", "D", Durations.Read);
        var command = new ExampledCommand(
            "ping",
            "Measure the round trip to a connected peer through its session",
            "firn ping db",
            "firn ping db -c 10 -i 200ms")
        {
            name, count, interval,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            bool json = parsed.GetValue(common.Json);
            var output = parsed.InvocationConfiguration.Output;
            var run = new PingRun(client, parsed.GetRequiredValue(name), json ? TextWriter.Null : output);
            var record = await run.RunAsync(parsed.GetValue(count), parsed.GetValueOr(interval, TimeSpan.FromSeconds(1)), stop);
            if (json)
                JsonLines.Write(output, record, CliJson.Default.PingRecord);
            else
                output.WriteLine(record.ToText());
            return record.Received > 0 ? Tool.Success : Tool.Failure;
        });
        return command;
    }

    private static (int Value, string? Error) ReadCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? (count, null)
            : (0, $"\"{text}\": expected a number of pings");
}
