using System.CommandLine;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn hangup NAME</c>: end the session with a peer.</summary>
internal static class HangupCommand
{
    public static Command Create(CommonOptions common)
    {
        var name = new Argument<string>("NAME") { Description = "The peer: its name or the beginning of it" };
        name.CompletionSources.Add(Suggestions.Peers(common));
        var command = new ExampledCommand(
            "hangup", "Disconnect a peer; neither side connects again until a dial or a restart", "firn hangup db") { name };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var peer = await client.HangupAsync(parsed.GetRequiredValue(name), stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, peer, ControlJson.Default.NameBody);
            else
                output.WriteLine($"hung up on {Printable.Line(peer.Name!)}");
            return Tool.Success;
        });
        return command;
    }
}
