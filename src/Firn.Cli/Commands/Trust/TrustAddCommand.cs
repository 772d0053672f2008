using System.CommandLine;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn trust add DID</c>: admits a key from now on, or notes something else about it.</summary>
internal static class TrustAddCommand
{
    public static Command Create(CommonOptions common)
    {
        var key = TrustCommand.Key();
        var name = new Option<string?>("--name")
        {
            Description = "The only name that this key may have, and that no other key may: NAME or NAME@HOST",
            HelpName = "NAME",
        };
        var label = new Option<string?>("--label") { Description = "A note for yourself", HelpName = "L" };
        var command = new ExampledCommand(
            "add",
            "Trust the node with this key; again with other options changes those",
            "firn trust add did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169 --name beta",
            "firn trust add NEW-DID   decides which successor of a frozen key is the right one")
        {
            key, name, label,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var home = FirnHome.Open();
            var did = parsed.GetRequiredValue(key);
            string? pinned = parsed.GetValue(name) is { } n ? TrustEntry.CheckName(n) : null;
            string? note = parsed.GetValue(label) is { } l ? TrustEntry.CheckLabel(l) : null;
            Settle(home, did);
            var (_, list) = home.Trust.Change(trusted =>
            {
                var known = trusted.Find(did);
                return trusted.With(new TrustEntry(did, pinned ?? known?.Name, note ?? known?.Label, known?.AddedAt ?? DateTimeOffset.UtcNow));
            });
            await RunningReload.TellAsync(home, parsed.InvocationConfiguration.Error, stop);

            var entry = list.Find(did)!;
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(common.Json))
                JsonLines.Write(output, TrustRecord.Of(entry), CliJson.Default.TrustRecord);
            else
                output.WriteLine($"{did} is trusted{(entry.Name is null ? "" : $", as {entry.Name} and nobody else")}");
            return Tool.Success;
        });
        return command;
    }

    /// <summary>To trust one of the successors of a frozen key is to decide for it. A key that was rotated is not to be trusted.</summary>
    private static void Settle(FirnHome home, Did did)
    {
        var rotations = home.Rotations.Read();
        if (rotations.Find(did) is { IsFrozen: true } frozen)
            throw new FirnException(FailureReason.InvalidInput, RotationSentence.Frozen(frozen));
        if (rotations.StandingOf(did) == RotationStanding.Retired)
            throw new FirnException(FailureReason.InvalidInput, RotationSentence.Retired(did, rotations.Resolve(did)) + " Trust that one.");
        home.Rotations.Change(table => table.Settle(did));
    }
}
