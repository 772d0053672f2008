using System.CommandLine;
using System.Text.Json.Serialization;

namespace Firn.Cli;

/// <summary><c>firn cookie …</c>: the secret that the nodes of a home share.</summary>
internal static class CookieCommand
{
    public static Command Create(CommonOptions common) => new ExampledCommand(
        "cookie",
        "The secret that makes strangers peers: nodes that have it trust each other",
        "firn cookie show | ssh there firn cookie import")
    {
        CookieShowCommand.Create(common),
        CookieGenerateCommand.Create(common),
        CookieImportCommand.Create(common),
        CookieRotateCommand.Create(common),
        CookieRetireCommand.Create(common),
        CookiePathCommand.Create(common),
    };
}

/// <summary>What <c>firn cookie … --json</c> says.</summary>
internal sealed record CookieRecord(string Path)
{
    /// <summary>How many there are: the first proves, all verify.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Cookies { get; init; }

    /// <summary>How many sessions of nodes that run ended by the change.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? SessionsEnded { get; init; }
}
