using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn cookie rotate</c>: a new cookie proves, the old one still verifies.</summary>
internal static class CookieRotateCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "rotate",
            "Make a new cookie that proves from now on; the old one still verifies, until 'firn cookie retire'",
            "firn cookie rotate                                     here first,",
            "firn cookie show | ssh there firn cookie import --add  then on every other machine,",
            "firn cookie retire                                     and this everywhere when all have it");
        command.SetAction(async (parsed, stop) =>
        {
            var home = FirnHome.Open();
            int kept = home.Cookies.Rotate();
            const string Rotated = "a new cookie proves from now on, the old one still verifies; "
                + "carry it over with 'firn cookie show' and 'firn cookie import --add', then 'firn cookie retire'";
            await CookieFile.SayAsync(home, parsed, common, kept == 0 ? "made the first cookie, there was none to replace" : Rotated, stop);
            return Tool.Success;
        });
        return command;
    }
}
