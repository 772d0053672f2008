using System.CommandLine;
using System.Text.Json.Serialization;

namespace Firn.Cli;

/// <summary><c>firn id …</c>: who a node of this home is.</summary>
internal static class IdCommand
{
    public static Command Create(CommonOptions common)
    {
        var options = new IdOptions(common);
        return new ExampledCommand(
            "id",
            "Who a node is: its key, of which the DID is the public half",
            "firn id show                    DID and fingerprint, to compare with somebody",
            "firn id encrypt                 put a passphrase on the key",
            "firn id export backup.age       a copy to keep elsewhere",
            "firn id rotate                  a new key; peers follow",
            "firn id --name db show          of another node of this home")
        {
            options.Name,
            IdInitCommand.Create(options),
            IdShowCommand.Create(options),
            IdEncryptCommand.Create(options),
            IdDecryptCommand.Create(options),
            IdExportCommand.Create(options),
            IdImportCommand.Create(options),
            IdRotateCommand.Create(options),
            IdCertCommand.Create(options),
        };
    }
}

/// <summary>What <c>firn id … --json</c> says of an identity.</summary>
/// <param name="Name">The node.</param>
/// <param name="Did">Its DID.</param>
/// <param name="Fingerprint">The DID as digits to read aloud.</param>
/// <param name="Created">When it was made or imported here.</param>
/// <param name="Encrypted">Whether its key is under a passphrase.</param>
/// <param name="Path">The file with its key.</param>
internal sealed record IdRecord(string Name, string Did, string Fingerprint, string Created, bool Encrypted, string Path)
{
    /// <summary>Where it was exported to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Exported { get; init; }

    /// <summary>The DID that it has taken the place of.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Retired { get; init; }

    /// <summary>Its certificate, in PEM.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Certificate { get; init; }
}
