using System.CommandLine;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn id rotate</c>: a new key in the place of the old one, which signs that it is so.</summary>
internal static class IdRotateCommand
{
    public static Command Create(IdOptions options)
    {
        var command = new ExampledCommand(
            "rotate",
            "Make a new key and remove the old one, which signs that the new one has its place: peers that know the old DID follow when they meet "
            + "the node, after up to 4 rotations. Under the same passphrase, if there is one; the node must not run",
            "firn id rotate",
            "firn id rotate --name db --json | jq -r .did");
        command.SetAction((parsed, stop) =>
        {
            var home = FirnHome.Open();
            var files = options.Choose(home, parsed);
            using var nodeLock = NodeHome.Lock(home, files.Node);
            var statement = files.Rotate(ToolPassphrases.Unlocker(stop), DateTimeOffset.UtcNow);
            var record = IdOptions.RecordOf(files, IdentityCard.TryRead(files.Directory)!) with { Retired = statement.Old.ToString() };
            options.Show(
                parsed,
                record,
                $"retired      {statement.Old} (fingerprint {DidFingerprint.Of(statement.Old)})",
                "the old key is removed from here; copies made before, as in backups, still are that key: destroy them",
                "peers follow when they meet the node; one that misses more than 4 rotations must be told the new DID");
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
