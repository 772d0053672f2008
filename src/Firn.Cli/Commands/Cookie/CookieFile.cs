using System.Text;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>Puts a cookie into a home, and says so.</summary>
internal static class CookieFile
{
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.InvalidInput"/>: there is another cookie already, or this is none.
    /// </exception>
    public static void Write(FirnHome home, string cookie, bool force, TextWriter output, bool json)
    {
        bool exists = File.Exists(home.CookiePath);
        bool same = exists && Read(home) == cookie;
        if (exists && !same && !force)
        {
            throw new FirnException(
                FailureReason.InvalidInput,
                $"{home.CookiePath} holds another cookie: --force replaces it, and whoever keeps the old one is a stranger then");
        }

        if (!same)
            home.WriteCookie(cookie, overwrite: force);
        if (json)
            JsonLines.Write(output, new CookieRecord(home.CookiePath), CliJson.Default.CookieRecord);
        else
            output.WriteLine($"the cookie is in {home.CookiePath}; nodes that run use it when they start again");
    }

    /// <summary>The cookie of <paramref name="home"/> as text, made first if there is none.</summary>
    public static string Read(FirnHome home) => Encoding.UTF8.GetString(home.ReadCookieText()).TrimEnd('\n', '\r');
}
