using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn cookie retire</c>: drops the old cookies; sessions that they proved end.</summary>
internal static class CookieRetireCommand
{
    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "retire",
            "Drop all cookies but the one that proves; sessions that an old one has proved end, and come back by the new one",
            "firn peers           says who came in by an old cookie",
            "firn cookie retire");
        command.SetAction(async (parsed, stop) =>
        {
            var home = FirnHome.Open();
            int retired = home.Cookies.Retire();
            string said = retired switch
            {
                0 => "there is no old cookie",
                1 => "the old cookie is retired",
                _ => $"{retired} old cookies are retired",
            };
            await CookieFile.SayAsync(home, parsed, common, said, stop);
            return Tool.Success;
        });
        return command;
    }
}
