using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn cookie generate</c>: a new strong cookie.</summary>
internal static class CookieGenerateCommand
{
    public static Command Create(CommonOptions common)
    {
        var force = new Option<bool>("--force") { Description = "Replace the cookie that is there" };
        var command = new ExampledCommand(
            "generate",
            "Make a new cookie of 256 random bits",
            "firn cookie generate",
            "firn cookie generate --force   replace the one that is there")
        {
            force,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var home = FirnHome.Open();
            await CookieFile.SayAsync(home, parsed, common, home.Cookies.Generate(parsed.GetValue(force)), stop);
            return Tool.Success;
        });
        return command;
    }
}
