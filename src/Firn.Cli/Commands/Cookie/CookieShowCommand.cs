using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn cookie show</c>: prints the cookie that proves, made first if there is none.</summary>
internal static class CookieShowCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "show", "Print the cookie (made first if there is none)", "firn cookie show | ssh there firn cookie import");
        command.SetAction(parsed =>
        {
            var home = FirnHome.Open();
            string[] all = CookieFile.ReadAll(home);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, new CookieRecord(home.CookiePath) { Cookie = all[0], Cookies = all.Length }, CliJson.Default.CookieRecord);
            else
                output.WriteLine(all[0]);
            return Tool.Success;
        });
        return command;
    }
}
