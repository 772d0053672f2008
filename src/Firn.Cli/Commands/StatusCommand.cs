using System.CommandLine;
using System.Globalization;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn status</c>: a node of this machine about itself.</summary>
internal static class StatusCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "status",
            "Show a node of this machine: its name, identity and listening addresses",
            "firn status",
            "firn status --node db --json");
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var status = await client.StatusAsync(stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, status, ControlJson.Default.StatusBody);
            else
                output.WriteLine(Describe(status, DateTime.UtcNow));
            return Tool.Success;
        });
        return command;
    }

    public static string Describe(StatusBody status, DateTime now) => string.Create(CultureInfo.InvariantCulture, $"""
        name         {status.Name}
        did          {status.Did}
        incarnation  {status.Incarnation}
        cluster      {status.Cluster}
        admits by    {(status.Admission == "both" ? "cookie and trust" : status.Admission)}
        listening    {string.Join(", ", status.Listening)}
        peers        {status.Peers}
        up           {Durations.Show(now - status.StartedAt)}
        version      {status.Version}
        """) + Relayed(status.Relay) + string.Concat((status.Frozen ?? []).Select(frozen => $"\nFROZEN       {frozen.Message}"));

    private static string Relayed(RelayBody? relay) => relay is null ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"\nrelays       {relay.Pairs.Count} {(relay.Pairs.Count == 1 ? "pair" : "pairs")}, {Sizes.About(relay.Bytes)} since its start")
        + string.Concat(relay.Pairs.Select(static pair => Printable.Line($"{pair.One} - {pair.Other}: {Sizes.About(pair.Bytes)}")).Select(static line => $"\n             {line}"));
}
