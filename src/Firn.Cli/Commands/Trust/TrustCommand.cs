using System.CommandLine;
using System.Text.Json.Serialization;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn trust …</c>: whose keys the nodes of a home trust.</summary>
internal static class TrustCommand
{
    public static Command Create(CommonOptions common) => new ExampledCommand(
        "trust",
        "Which nodes are admitted by their key, with 'firn up --admit trust' or 'both'; changes hold at once",
        "firn trust add did:key:zDn… --name beta --label \"the one in the cellar\"",
        "firn trust list",
        "firn trust remove did:key:zDn…")
    {
        TrustAddCommand.Create(common),
        TrustRemoveCommand.Create(common),
        TrustListCommand.Create(common),
        TrustShowCommand.Create(common),
    };

    /// <summary>The argument that every command but <c>list</c> has.</summary>
    public static Argument<Did> Key() => Parsed.Argument<Did>("DID", "The key of a node, as 'firn status' shows it there", text =>
        Did.TryParse(text, out var did) ? (did, null) : (null!, $"\"{text}\" is not the DID of a node: expected did:key:zDn… (a P-256 key)"));
}

/// <summary>A trusted key, as <c>--json</c> says it.</summary>
internal sealed record TrustRecord(
    string Did,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Label,
    DateTime AddedAt)
{
    /// <summary>Whether it is not admitted, because it or a key before it has signed two rotations that contradict each other.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Frozen { get; init; }

    public static TrustRecord Of(TrustEntry entry, RotationTable? rotations = null) =>
        new(entry.Did.ToString(), entry.Name, entry.Label, entry.AddedAt.UtcDateTime)
        {
            Frozen = rotations?.StandingOf(entry.Did) == RotationStanding.Frozen,
        };
}
