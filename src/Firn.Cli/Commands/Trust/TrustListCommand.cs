using System.CommandLine;
using System.Globalization;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn trust list</c>: whose keys are trusted.</summary>
internal static class TrustListCommand
{
    private static readonly string[] Headings = ["DID", "NAME", "SINCE", "LABEL"];

    public static Command Create(CommonOptions common)
    {
        var command = new ExampledCommand(
            "list", "List the keys that the nodes of this home trust", "firn trust list", "firn trust list --json | jq -r '.[].did'");
        command.SetAction(parsed =>
        {
            var home = FirnHome.Open();
            var rotations = home.Rotations.Read();
            IReadOnlyList<TrustRecord> trusted = [.. home.Trust.Read().Follow(rotations).Entries.Select(entry => TrustRecord.Of(entry, rotations))];
            var output = parsed.InvocationConfiguration.Output;
            bool isJson = parsed.GetValue(common.Json);
            if (isJson)
                JsonLines.Write(output, trusted, CliJson.Default.IReadOnlyListTrustRecord);
            else if (trusted.Count == 0)
                output.WriteLine("no key is trusted yet: 'firn trust add DID' adds one");
            else
                foreach (string line in Columns.Align(Headings, trusted.Select(Row)))
                    output.WriteLine(line);
            if (!isJson)
                TellOfFrozen(rotations, parsed.InvocationConfiguration.Error);
            return Tool.Success;
        });
        return command;
    }

    /// <summary>Also of those that are not on the list, as where the cookie decides.</summary>
    private static void TellOfFrozen(RotationTable rotations, TextWriter error)
    {
        foreach (var frozen in rotations.Frozen)
            error.WriteLine($"FROZEN: {RotationSentence.Frozen(frozen)}");
    }

    private static string[] Row(TrustRecord record) =>
    [
        record.Did,
        record.Name ?? "any",
        record.AddedAt.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        (record.Frozen ? "FROZEN; " : "") + Printable.Line(record.Label ?? ""),
    ];
}
