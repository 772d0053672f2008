using System.CommandLine;
using System.Text;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>Puts a cookie into a home, tells the nodes that run, and says so.</summary>
internal static class CookieFile
{
    /// <summary>Makes <paramref name="cookie"/> the only one; another one that is there is lost only by force.</summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.InvalidInput"/>: there is another cookie already, or this is none.
    /// </exception>
    public static async Task WriteAsync(
        FirnHome home, string cookie, bool force, ParseResult parsed, CommonOptions common, CancellationToken stop)
    {
        string said = "it is the cookie of this home";
        if (!home.Cookies.Write(cookie, overwrite: force))
        {
            string[] present = ReadAll(home);
            if (present[0] != cookie)
            {
                throw new FirnException(
                    FailureReason.InvalidInput,
                    $"{home.CookiePath} holds another cookie. To prove with the new one while the old one still verifies: 'firn cookie import --add' " +
                    "or 'firn cookie rotate'. --force replaces it, and whoever keeps the old one is a stranger then");
            }

            said = "it was the cookie of this home already";
        }

        await SayAsync(home, parsed, common, said, stop);
    }

    /// <summary>Has the nodes that run take up what has changed, and says what has.</summary>
    public static async Task SayAsync(FirnHome home, ParseResult parsed, CommonOptions common, string said, CancellationToken stop)
    {
        int ended = await RunningReload.TellAsync(home, parsed.InvocationConfiguration.Error, stop);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(common.Json))
            JsonLines.Write(output, Record(home, ended), CliJson.Default.CookieRecord);
        else
            output.WriteLine($"{said}{RunningReload.Ended(ended)} ({home.CookiePath})");
    }

    private static CookieRecord Record(FirnHome home, int ended) =>
        new(home.CookiePath) { Cookies = ReadAll(home).Length, SessionsEnded = ended };

    /// <summary>The cookies of <paramref name="home"/> as text, the one that proves first; one is made if there is none.</summary>
    public static string[] ReadAll(FirnHome home) =>
        [.. Encoding.UTF8.GetString(home.Cookies.ReadText()).TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r'))];
}
