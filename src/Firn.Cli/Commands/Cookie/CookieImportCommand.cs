using System.CommandLine;
using Firn.Identity;
using Spectre.Console;

namespace Firn.Cli;

/// <summary><c>firn cookie import</c>: the cookie of another machine, from standard input or a hidden prompt.</summary>
internal static class CookieImportCommand
{
    private const int MaxLength = 4096;

    public static Command Create(CommonOptions common)
    {
        var force = new Option<bool>("--force") { Description = "Replace the cookie that is there" };
        var command = new ExampledCommand(
            "import",
            "Take over a cookie from standard input, or ask for it without showing it",
            "firn cookie import                                 asks",
            "firn cookie import < cookie.txt",
            "firn cookie show | ssh there firn cookie import")
        {
            force,
        };
        command.SetAction(parsed =>
        {
            string cookie = Console.IsInputRedirected ? Read(Console.In) : Ask();
            var output = parsed.InvocationConfiguration.Output;
            CookieFile.Write(FirnHome.Open(), cookie, parsed.GetValue(force), output, parsed.GetValue(common.Json));
            return Tool.Success;
        });
        return command;
    }

    /// <summary>All of <paramref name="input"/> but one newline at the end.</summary>
    public static string Read(TextReader input)
    {
        var buffer = new char[MaxLength + 1];
        int length = input.ReadBlock(buffer);
        if (length > MaxLength)
            throw new FirnException(FailureReason.InvalidInput, $"more than {MaxLength} characters came in: that is no cookie");

        var cookie = buffer.AsSpan(0, length);
        if (cookie.EndsWith("\n"))
            cookie = cookie[..^1];
        if (cookie.EndsWith("\r"))
            cookie = cookie[..^1];
        return cookie.Length > 0
            ? cookie.ToString()
            : throw new FirnException(FailureReason.InvalidInput, "nothing came in: expected what 'firn cookie show' prints");
    }

    private static string Ask()
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Prompt(new TextPrompt<string>("Cookie (not shown):").Secret(null));
    }
}
