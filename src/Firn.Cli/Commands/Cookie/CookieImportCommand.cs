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
        var force = new Option<bool>("--force") { Description = "Replace what is there" };
        var add = new Option<bool>("--add") { Description = "Prove with it from now on; what is there still verifies, until 'firn cookie retire'" };
        var command = new ExampledCommand(
            "import",
            "Take over a cookie from standard input, or ask for it without showing it",
            "firn cookie import                                 asks",
            "firn cookie import < cookie.txt",
            "firn cookie show | ssh there firn cookie import",
            "firn cookie show | ssh there firn cookie import --add   after 'firn cookie rotate' here")
        {
            force, add,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(force) && result.GetValue(add))
                result.AddError("--force and --add exclude each other");
        });
        command.SetAction(async (parsed, stop) =>
        {
            string cookie = Console.IsInputRedirected ? Read(Console.In) : Ask();
            var home = FirnHome.Open();
            if (parsed.GetValue(add))
                await CookieFile.SayAsync(home, parsed, common, Add(home, cookie), stop);
            else
                await CookieFile.WriteAsync(home, cookie, parsed.GetValue(force), parsed, common, stop);
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

    private static string Add(FirnHome home, string cookie) => home.Cookies.Add(cookie)
        ? "it proves from now on, what was there still verifies"
        : "it was the cookie of this home already";

    private static string Ask()
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Prompt(new TextPrompt<string>("Cookie (not shown):").Secret(null));
    }
}
