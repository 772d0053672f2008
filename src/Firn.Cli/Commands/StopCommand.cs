using System.CommandLine;
using Firn.AspNetCore;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn stop</c>: a node says goodbye and ends; returns when it has.</summary>
internal static class StopCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "stop", "Stop a node of this machine; returns when it has said goodbye", "firn stop", "firn stop --node db");
        command.SetAction(async (parsed, stop) =>
        {
            var node = common.ChooseNode(parsed);
            using (var client = new ControlClient(node.Name.ToString(), node.ControlSocket!))
                await client.StopAsync(stop);
            await WaitUntilGoneAsync(node, stop);

            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, new NameBody(node.Name.ToString()), ControlJson.Default.NameBody);
            else
                output.WriteLine($"{node.Name} has stopped");
            return Tool.Success;
        });
        return command;
    }

    /// <summary>The lock of its name goes last: from then on another node can start under it.</summary>
    private static async Task WaitUntilGoneAsync(RunningNode node, CancellationToken stop)
    {
        string directory = NodeDirectory.Of(FirnHome.Open(), node.Name);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Patience);
        try
        {
            while (NodeLock.IsHeld(directory, whenFree: static () => { }))
                await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new FirnException(
                FailureReason.TimedOut,
                $"{node.Name} was asked to stop but still runs after {Patience.TotalSeconds:0} s (process {node.ProcessId})",
                e);
        }
    }
}
