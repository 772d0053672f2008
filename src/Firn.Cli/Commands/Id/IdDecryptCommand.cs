using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn id decrypt</c>: the key without its passphrase again.</summary>
internal static class IdDecryptCommand
{
    public static Command Create(IdOptions options)
    {
        var command = new ExampledCommand(
            "decrypt",
            "Take the passphrase off the key: whoever reads the file is this node then; the node must not run",
            "firn id decrypt");
        command.SetAction((parsed, stop) =>
        {
            var home = FirnHome.Open();
            var files = options.Choose(home, parsed);
            using var nodeLock = NodeHome.Lock(home, files.Node);
            using var key = files.Load(ToolPassphrases.Unlocker(stop), DateTimeOffset.UtcNow, out var rotations);
            if (files.IsEncrypted)
                files.SavePlain(key, DateTimeOffset.UtcNow, rotations);
            options.Show(parsed, files, IdentityCard.TryRead(files.Directory)!, IdInitCommand.EncryptHint);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
