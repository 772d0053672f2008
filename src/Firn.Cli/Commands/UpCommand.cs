using System.CommandLine;
using Firn.AspNetCore;
using Firn.Unlocking;
using Microsoft.Extensions.Logging;

namespace Firn.Cli;

/// <summary><c>firn up</c>: a node in the foreground.</summary>
internal static class UpCommand
{
    public static Command Create(CommonOptions common)
    {
        var options = new UpOptions();
        var command = new ExampledCommand(
            "up",
            "Start a node here and keep it connected; Ctrl-C says goodbye and ends it",
            "firn up                                    a node named after you, on port 3476",
            "firn up --peer 192.168.1.5                 join the node over there",
            "firn up --name db --listen 10.0.0.7:4000   a name and an address of your choice",
            "firn up --listen ws://127.0.0.1:8080 --advertise wss://mesh.example.com    behind a reverse proxy",
            "FIRN_PASSPHRASE_FILE=secret firn up        with an encrypted key ('firn id encrypt'), where nobody can be asked",
            "firn up --json | jq .event                 for programs");
        options.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            IUpDisplay display = parsed.GetValue(common.Json) ? new JsonDisplay(output)
                : Terminal.CanRedraw(output) ? new LiveDisplay()
                : new LineDisplay(output);
            var log = display.Log ?? parsed.InvocationConfiguration.Error.WriteLine;
            using var loggers = new LineLoggerFactory(options.LogLevelOf(parsed), log);
            var settings = options.ToNodeOptions(parsed, loggers);
            settings.PassphraseSources = ToolPassphrases.Sources(stop);
            await RunAsync(settings, display, loggers, parsed.GetValue(options.ExitWithStdin), stop);
            return Tool.Success;
        });
        return command;
    }

    private static async Task RunAsync(
        NodeOptions settings, IUpDisplay display, ILoggerFactory loggers, bool exitWithStdin, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            // The API goes before the node: it removes its socket while the node still holds the lock of the name.
            await using var node = await Node.StartAsync(settings, ending.Token);
            VariablePassphrase.Forget();
            using var bench = node.ServeBench();
            var controlled = new ControlledNode(node);
            var events = PeerFeed.From(controlled, ending.Token);   // first of all: the node dials already
            await using var api = await ControlApi.StartAsync(node, loggers, ending.Token);
            IReadOnlyList<string> joining = JoinHint.Lines(controlled.Status(), LanAddress.Find(), settings.CookieFile, settings.Advertise);
            if (node.IsKeyExposed)
                joining = ["its key is not encrypted on the disk: 'firn id encrypt' does that, 'firn id decrypt' undoes it", .. joining];
            var show = display.ShowAsync(controlled, joining, events, ending.Token);
            await Task.WhenAny(show, api.StopRequested, exitWithStdin ? WhenStdinClosesAsync() : show);
            await ending.CancelAsync();
            await show;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested || ending.IsCancellationRequested)
        {
            // Asked to end: by a signal, by 'firn stop', or by the parent process. The linked token may be a moment behind the signal's.
        }

        display.Stopped();
    }

    private static async Task WhenStdinClosesAsync()
    {
        var buffer = new byte[256];
        await using var stdin = Console.OpenStandardInput();
        while (await stdin.ReadAsync(buffer) > 0)
        {
        }
    }
}
