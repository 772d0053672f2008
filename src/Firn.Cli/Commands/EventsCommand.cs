using System.CommandLine;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn events</c>: what happens at a node, until Ctrl-C or until the node stops.</summary>
internal static class EventsCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "events",
            "Print what happens at a node of this machine: peers that come and go, failed dials, refused strangers",
            "firn events",
            "firn events --json | jq -c 'select(.event == \"peerDown\")'");
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var output = parsed.InvocationConfiguration.Output;
            bool json = parsed.GetValue(common.Json);
            try
            {
                await foreach (var e in client.EventsAsync(stop))
                {
                    if (json)
                        JsonLines.Write(output, e, ControlJson.Default.EventBody);
                    else
                        output.WriteLine(EventLines.WithTime(e));
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Ctrl-C is how one leaves.
            }

            return Tool.Success;
        });
        return command;
    }
}
