using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn cookie path</c>: where the cookie is.</summary>
internal static class CookiePathCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand("path", "Print where the cookie is", "firn cookie path");
        command.SetAction(parsed =>
        {
            string path = FirnHome.Open().CookiePath;
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, new CookieRecord(path), CliJson.Default.CookieRecord);
            else
                output.WriteLine(path);
            return Tool.Success;
        });
        return command;
    }
}
