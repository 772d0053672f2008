using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn cookie show</c>: prints the cookie that proves, made first if there is none.</summary>
internal static class CookieShowCommand
{
    private const int MaxLine = 64 * 1024;

    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "show", "Print the cookie (made first if there is none)", "firn cookie show | ssh there firn cookie import");
        command.SetAction(parsed =>
        {
            var home = FirnHome.Open();
            using var cookie = home.Cookies.ReadProving(out int count);
            using var line = new SecretBuffer(MaxLine);
            if (parsed.GetValue(common.Json))
                WriteJson(line, home.CookiePath, cookie.Bytes, count);
            else
                line.Write(cookie.Bytes);
            line.Write("\n"u8);
            using var output = Console.OpenStandardOutput();   // a TextWriter would keep the text
            output.Write(line.Bytes);
            return Tool.Success;
        });
        return command;
    }

    /// <summary>As <see cref="CookieRecord"/>, with the cookie in it.</summary>
    private static void WriteJson(SecretBuffer into, string path, ReadOnlySpan<byte> cookie, int count)
    {
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        json.WriteString("path", path);
        json.WriteString("cookie", cookie);
        json.WriteNumber("cookies", count);
        json.WriteEndObject();
    }
}
