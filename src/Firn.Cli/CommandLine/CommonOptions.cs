using System.CommandLine;
using Firn.AspNetCore;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>The options that every command takes.</summary>
internal sealed class CommonOptions
{
    public CommonOptions() => Node.CompletionSources.Add(
        _ => FirnHome.TryOpen() is { } home ? RunningNodes.List(home).Select(node => node.Name.ToString()) : []);

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON, for programs", Recursive = true };

    public Option<string?> Node { get; } = new("--node")
    {
        Description = "Which node of this machine: its name or the beginning of it [default: the only one that runs]",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>The node that the command line means.</summary>
    /// <exception cref="FirnException">None runs, or several could be meant.</exception>
    public RunningNode ChooseNode(ParseResult parsed)
    {
        var home = FirnHome.Open();
        var node = NodeChoice.Choose(RunningNodes.List(home), parsed.GetValue(Node), home.Path, IsControlled);
        return IsControlled(node) ? node : throw new FirnException(
            FailureReason.Unsupported, $"{node.Name} is the node of a program that takes no commands: start its ControlApi there, or ask a node that 'firn up' runs here");
    }

    /// <summary>Whether it serves its control socket; a program's node need not.</summary>
    public static bool IsControlled(RunningNode node) =>
        node.ControlSocket is { } socket && (OperatingSystem.IsWindows() || File.Exists(socket));

    /// <summary>A client of the node that the command line means.</summary>
    /// <exception cref="FirnException">None runs, or several could be meant.</exception>
    public ControlClient Connect(ParseResult parsed)
    {
        var node = ChooseNode(parsed);
        return new ControlClient(node.Name.ToString(), node.ControlSocket!);
    }
}
