using System.CommandLine;
using System.Globalization;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn trust show DID</c>: what is noted about a trusted key.</summary>
internal static class TrustShowCommand
{
    public static Command Create(CommonOptions common)
    {
        var key = TrustCommand.Key();
        var command = new ExampledCommand("show", "Show what is noted about a trusted key", "firn trust show did:key:zDn…") { key };
        command.SetAction(parsed =>
        {
            var did = parsed.GetRequiredValue(key);
            var home = FirnHome.Open();
            var rotations = home.Rotations.Read();
            var entry = home.Trust.Read().Follow(rotations).Find(did) ?? throw new FirnException(
                FailureReason.InvalidInput, NotListed(did, rotations));
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, TrustRecord.Of(entry, rotations), CliJson.Default.TrustRecord);
            else
                output.WriteLine(Describe(TrustRecord.Of(entry, rotations)) + (rotations.FrozenBy(did) is { } frozen ? $"\nfrozen {RotationSentence.Frozen(frozen)}" : ""));
            return Tool.Success;
        });
        return command;
    }

    private static string NotListed(Did did, RotationTable rotations) =>
        rotations.FrozenBy(did) is { } frozen ? RotationSentence.Frozen(frozen)
        : rotations.Find(did) is not null ? RotationSentence.Retired(did, rotations.Resolve(did))
        : $"{did} is not on the trust list: 'firn trust list' says who is";

    private static string Describe(TrustRecord record) => string.Create(CultureInfo.InvariantCulture, $"""
        did    {record.Did}
        name   {record.Name ?? "any"}
        label  {Printable.Line(record.Label ?? "-")}
        since  {record.AddedAt:yyyy-MM-dd HH:mm:ss'Z'}
        """);
}
