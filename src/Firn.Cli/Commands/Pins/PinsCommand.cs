using System.CommandLine;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn pins …</c>: which name belongs to which key.</summary>
internal static class PinsCommand
{
    private static readonly string[] Headings = ["NAME", "DID", "FOR"];

    public static Command Create(CommonOptions common) => new ExampledCommand(
        "pins",
        "Which name belongs to which key: another key under such a name is refused",
        "firn pins list",
        "firn pins forget beta   when its node has a new key, and it is meant")
    {
        List(common),
        Forget(common),
    };

    private static ExampledCommand List(CommonOptions common)
    {
        var command = new ExampledCommand("list", "List the pinned names of a node of this machine", "firn pins list");
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var pins = await client.PinsAsync(stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, pins, ControlJson.Default.IReadOnlyListPinBody);
            else if (pins.Count == 0)
                output.WriteLine("no name is pinned yet: names are when their nodes connect");
            else
                foreach (string line in Columns.Align(Headings, pins.Select(pin => (string[])[Printable.Line(pin.Name), pin.Did, HowLong(pin)])))
                    output.WriteLine(line);
            return Tool.Success;
        });
        return command;
    }

    private static ExampledCommand Forget(CommonOptions common)
    {
        var name = new Argument<string>("NAME") { Description = "The pinned name, or the part of it before the @" };
        name.CompletionSources.Add(Suggestions.Pins(common));
        var command = new ExampledCommand(
            "forget", "Give a name free, so that another key can have it", "firn pins forget beta") { name };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var pin = await client.ForgetPinAsync(parsed.GetRequiredValue(name), stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, pin, ControlJson.Default.PinBody);
            else
                output.WriteLine(Printable.Line($"{pin.Name} no longer belongs to {pin.Did}"));
            return Tool.Success;
        });
        return command;
    }

    private static string HowLong(PinBody pin) => pin switch
    {
        { Frozen: true } => "nobody, its key is FROZEN: 'firn status' says why",
        { Kind: "trusted" } => "as long as it is trusted",
        { Kind: "kept" } => "ever",
        { SecondsLeft: { } left } => Durations.Show(TimeSpan.FromSeconds(left)),
        _ => "10m after it leaves",
    };
}
