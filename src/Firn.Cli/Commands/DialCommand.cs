using System.CommandLine;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary><c>firn dial ADDRESS</c>: connect to a peer, and stay connected.</summary>
internal static class DialCommand
{
    public static Command Create(CommonOptions common)
    {
        var address = Parsed.Argument(
            "ADDRESS",
            "Where the peer is: [scheme://][name@]host[:port], with a name nobody else is accepted there [port: 3476]; or the DID of a known one",
            Parsed.Dialled);
        var command = new ExampledCommand(
            "dial",
            "Connect to a peer, and again whenever the connection is lost, until hangup",
            "firn dial 192.168.1.5",
            "firn dial db@10.0.0.7:4000   db and nobody else",
            "firn dial db@db.lan          wherever peers say it is, if they do")
        {
            address,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = common.Connect(parsed);
            var peer = await client.DialAsync(parsed.GetRequiredValue(address), stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, peer, ControlJson.Default.PeerBody);
            else
                output.WriteLine(Printable.Line($"connected to {peer.Name} ({peer.Did}) at {peer.Address}"));
            return Tool.Success;
        });
        return command;
    }
}
