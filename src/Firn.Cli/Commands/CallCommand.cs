using System.CommandLine;

namespace Firn.Cli;

/// <summary><c>firn call NAME@NODE TEXT</c>: a message to a process, and its reply.</summary>
internal static class CallCommand
{
    public static Command Create(CommonOptions common)
    {
        var arguments = new MessageArguments(common);
        var timeout = Parsed.Option("--timeout", "How long to wait for the reply [default: 5s]", "D", Durations.Read);
        var command = new ExampledCommand(
            "call",
            "Send a message to a named process of a node or of a peer, and print its reply",
            "firn call echo@beta hello",
            "firn call counter@beta --raw '{\"N\":2}' --timeout 30s",
            "firn call store@beta --raw - <query.json >answer.json");
        arguments.AddTo(command);
        command.Add(timeout);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var (to, message) = await arguments.ReadAsync(parsed, stop);
            var reply = await client.CallAsync(to.Process, to.Node, message, parsed.GetValueOr(timeout, TimeSpan.FromSeconds(5)), stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, CallRecord.Of(to.Process, reply.Node, reply.Body), CliJson.Default.CallRecord);
            else
                ReplyText.Print(output, reply.Body);
            return Tool.Success;
        });
        return command;
    }
}
