using System.CommandLine;
using System.Security.Cryptography;
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
            await CookieFile.WriteAsync(FirnHome.Open(), Generate(), parsed.GetValue(force), parsed, common, stop);
            return Tool.Success;
        });
        return command;
    }

    /// <summary>A strong cookie: <c>firn_</c> and 32 random bytes in base64url (RFC 4648, section 5) without padding.</summary>
    private static string Generate() => Protocol.Cookie.Generate(RandomNumberGenerator.GetBytes(32));
}
