using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>Tells the nodes that run, and the user, what has become of the cookies of a home.</summary>
internal static class CookieFile
{
    /// <summary>Says that a cookie is the only one now.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: it is not, since there was another one.</exception>
    public static Task SayAsync(FirnHome home, ParseResult parsed, CommonOptions common, CookieWrite written, CancellationToken stop)
    {
        string said = written switch
        {
            CookieWrite.Written => "it is the cookie of this home",
            CookieWrite.IsThere => "it was the cookie of this home already",
            _ => throw new FirnException(
                FailureReason.InvalidInput,
                $"{home.CookiePath} holds another cookie. To prove with the new one while the old one still verifies: 'firn cookie import --add' " +
                "or 'firn cookie rotate'. --force replaces it, and whoever keeps the old one is a stranger then"),
        };
        return SayAsync(home, parsed, common, said, stop);
    }

    /// <summary>Has the nodes that run take up what has changed, and says what has.</summary>
    public static async Task SayAsync(FirnHome home, ParseResult parsed, CommonOptions common, string said, CancellationToken stop)
    {
        int ended = await RunningReload.TellAsync(home, parsed.InvocationConfiguration.Error, stop);
        var output = parsed.InvocationConfiguration.Output;
        if (!parsed.GetValue(common.Json))
        {
            output.WriteLine($"{said}{RunningReload.Ended(ended)} ({home.CookiePath})");
            return;
        }

        home.Cookies.ReadProving(out int count).Dispose();
        JsonLines.Write(output, new CookieRecord(home.CookiePath) { Cookies = count, SessionsEnded = ended }, CliJson.Default.CookieRecord);
    }
}
