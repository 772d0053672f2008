using System.Text;

namespace Firn.Cli;

/// <summary>Asks the person at the terminal for something that is not shown.</summary>
internal static class HiddenPrompt
{
    private const int MaxCharacters = 4096;

    /// <summary>Why nobody can be asked; null when somebody can.</summary>
    public static string? WhyNot() => !OperatingSystem.IsWindows() ? UnixTerminal.WhyNot()
        : Console.IsInputRedirected ? "standard input is none" : null;

    /// <summary>Shows <paramref name="prompt"/>, writes what is typed into <paramref name="into"/> as UTF-8, and returns its length.</summary>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static int Ask(string prompt, Span<byte> into, CancellationToken stop) => OperatingSystem.IsWindows()
        ? AskOnWindows(prompt, into)
        : UnixTerminal.ReadHidden(prompt, into, stop);

    /// <summary>Key by key. Ctrl-C is a key as long as it lasts.</summary>
    private static int AskOnWindows(string prompt, Span<byte> into)
    {
        char[] typed = GC.AllocateArray<char>(MaxCharacters, pinned: true);
        int length = 0;
        Console.Error.Write(prompt);
        Console.TreatControlCAsInput = true;
        try
        {
            for (ConsoleKeyInfo key; (key = Console.ReadKey(intercept: true)).Key != ConsoleKey.Enter;)
            {
                if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control })
                    throw new FirnException(FailureReason.InvalidInput, "nothing was typed: Ctrl-C");
                if (key.Key == ConsoleKey.Backspace)
                    length = Math.Max(0, length - 1);
                else if (!char.IsControl(key.KeyChar) && length < MaxCharacters)
                    typed[length++] = key.KeyChar;
            }

            return Encoding.UTF8.TryGetBytes(typed.AsSpan(0, length), into, out int bytes)
                ? bytes
                : throw new FirnException(FailureReason.InvalidInput, $"that is too long: expected at most {into.Length} bytes");
        }
        finally
        {
            Console.TreatControlCAsInput = false;
            Console.Error.WriteLine();
            Array.Clear(typed);
        }
    }
}
