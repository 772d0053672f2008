using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn cookie import</c>: the cookie of another machine, from standard input or a hidden prompt.</summary>
internal static class CookieImportCommand
{
    private const int MaxBytes = 4096;

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
            var home = FirnHome.Open();
            if (parsed.GetValue(add))
                await CookieFile.SayAsync(home, parsed, common, Import(cookie => Add(home, cookie), stop), stop);
            else
                await CookieFile.SayAsync(home, parsed, common, Import(cookie => home.Cookies.Write(cookie.Bytes, parsed.GetValue(force)), stop), stop);
            return Tool.Success;
        });
        return command;
    }

    /// <summary>All of <paramref name="input"/>, which is one cookie.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: nothing, or far too much.</exception>
    public static SecretBuffer Read(Stream input)
    {
        var cookie = new SecretBuffer(MaxBytes + 1);
        cookie.Length = input.ReadAtLeast(cookie.Room, MaxBytes + 1, throwOnEndOfStream: false);
        string? why = cookie.Length > MaxBytes ? $"more than {MaxBytes} bytes came in: that is no cookie"
            : CookieText.WithoutNewLine(cookie.Bytes).IsEmpty ? "nothing came in: expected what 'firn cookie show' prints"
            : null;
        if (why is null)
            return cookie;

        cookie.Dispose();
        throw new FirnException(FailureReason.InvalidInput, why);
    }

    /// <summary>Wipes the cookie as soon as it is kept: nodes are told afterwards, which may take its time.</summary>
    private static T Import<T>(Func<SecretBuffer, T> keep, CancellationToken stop)
    {
        using var cookie = Console.IsInputRedirected ? ReadInput() : Ask(stop);
        return keep(cookie);
    }

    private static SecretBuffer ReadInput()
    {
        using var input = Console.OpenStandardInput();
        return Read(input);
    }

    private static SecretBuffer Ask(CancellationToken stop)
    {
        if (HiddenPrompt.WhyNot() is { } why)
            throw new FirnException(FailureReason.InvalidInput, $"nobody can be asked for the cookie ({why}): give it on standard input");

        var cookie = new SecretBuffer(MaxBytes);
        cookie.Length = HiddenPrompt.Ask("Cookie (not shown): ", cookie.Room, stop);
        return cookie;
    }

    private static string Add(FirnHome home, SecretBuffer cookie) => home.Cookies.Add(cookie.Bytes)
        ? "it proves from now on, what was there still verifies"
        : "it was the cookie of this home already";
}
