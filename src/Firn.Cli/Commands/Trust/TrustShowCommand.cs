using System.CommandLine;
using System.Globalization;
using Firn.Identity;

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
            var entry = FirnHome.Open().Trust.Read().Find(did) ?? throw new FirnException(
                FailureReason.InvalidInput, $"{did} is not on the trust list: 'firn trust list' says who is");
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, TrustRecord.Of(entry), CliJson.Default.TrustRecord);
            else
                output.WriteLine(Describe(TrustRecord.Of(entry)));
            return Tool.Success;
        });
        return command;
    }

    private static string Describe(TrustRecord record) => string.Create(CultureInfo.InvariantCulture, $"""
        did    {record.Did}
        name   {record.Name ?? "any"}
        label  {Printable.Line(record.Label ?? "-")}
        since  {record.AddedAt:yyyy-MM-dd HH:mm:ss'Z'}
        """);
}
