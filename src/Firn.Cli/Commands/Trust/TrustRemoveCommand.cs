using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn trust remove DID</c>: no longer admits a key; its session ends.</summary>
internal static class TrustRemoveCommand
{
    public static Command Create(CommonOptions common)
    {
        var key = TrustCommand.Key();
        var command = new ExampledCommand(
            "remove", "No longer trust the node with this key; what came in by it ends at once", "firn trust remove did:key:zDn…") { key };
        command.SetAction(async (parsed, stop) =>
        {
            var home = FirnHome.Open();
            var did = parsed.GetRequiredValue(key);
            var (before, _) = home.Trust.Change(trusted => trusted.Without(did));
            var entry = before.Find(did) ?? throw new FirnException(
                FailureReason.InvalidInput, $"{did} is not on the trust list: 'firn trust list' says who is");
            int ended = await RunningReload.TellAsync(home, parsed.InvocationConfiguration.Error, stop);

            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, TrustRecord.Of(entry), CliJson.Default.TrustRecord);
            else
                output.WriteLine($"{did} is no longer trusted{RunningReload.Ended(ended)}");
            return Tool.Success;
        });
        return command;
    }
}
