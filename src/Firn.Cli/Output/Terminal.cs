using Spectre.Console;

namespace Firn.Cli;

/// <summary>What a person looks at, or the file or pipe that stands in for it.</summary>
internal static class Terminal
{
    /// <summary>A console with colours on a terminal; plain lines of any length elsewhere.</summary>
    public static IAnsiConsole For(TextWriter output)
    {
        if (IsTerminal(output))
            return AnsiConsole.Console;

        var plain = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        plain.Profile.Width = 10_000;
        return plain;
    }

    /// <summary>Whether a table can stay in place on <paramref name="output"/>.</summary>
    public static bool CanRedraw(TextWriter output) =>
        IsTerminal(output) && AnsiConsole.Profile.Capabilities is { Ansi: true, Interactive: true };

    public static bool IsTerminal(TextWriter output) => output == Console.Out && !Console.IsOutputRedirected;
}
