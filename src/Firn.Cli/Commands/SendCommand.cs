using System.CommandLine;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn send NAME@NODE TEXT</c>: a message to a process, without waiting for anything.</summary>
internal static class SendCommand
{
    public static Command Create(CommonOptions common)
    {
        var arguments = new MessageArguments(common);
        var command = new ExampledCommand(
            "send",
            "Send a message to a named process of a node or of a peer; whether it understood, only a call says",
            "firn send chat@beta 'hello there'",
            "firn send jobs@beta --raw '{\"Number\":17}'",
            "date | firn send log@beta -");
        arguments.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var (to, message) = await arguments.ReadAsync(parsed, stop);
            var sent = await client.SendAsync(to.Process, to.Node, message, stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, sent, ControlJson.Default.SentBody);
            else
                output.WriteLine(Printable.Line($"sent to {sent.Process} at {sent.Node}"));
            return Tool.Success;
        });
        return command;
    }
}
