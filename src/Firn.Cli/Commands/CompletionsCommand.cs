using System.CommandLine;

namespace Firn.Cli;

/// <summary><c>firn completions SHELL</c>: a script that completes firn's words in a shell.</summary>
internal static class CompletionsCommand
{
    public static Command Create()
    {
        var shell = Parsed.Argument("SHELL", "bash, zsh or fish", text => CompletionScripts.Shells.Contains(text)
            ? (text, null)
            : (text, $"\"{text}\": expected bash, zsh or fish"));
        shell.CompletionSources.Add([.. CompletionScripts.Shells]);
        shell.HelpName = "SHELL";
        var command = new ExampledCommand(
            "completions",
            "Print a script that completes commands, options and names of nodes in a shell",
            "source <(firn completions bash)                                in ~/.bashrc",
            "source <(firn completions zsh)                                 in ~/.zshrc, after compinit",
            "firn completions fish > ~/.config/fish/completions/firn.fish")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(CompletionScripts.For(parsed.GetRequiredValue(shell)));
            return Tool.Success;
        });
        return command;
    }
}
