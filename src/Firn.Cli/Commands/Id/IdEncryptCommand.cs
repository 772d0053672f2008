using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn id encrypt</c>: a passphrase on the key, or another one.</summary>
internal static class IdEncryptCommand
{
    public static Command Create(IdOptions options)
    {
        var command = new ExampledCommand(
            "encrypt",
            "Put a passphrase on the key, or change it; the node must not run",
            "firn id encrypt",
            "FIRN_PASSPHRASE_FILE=secret firn id encrypt   for scripts",
            "age -d identity.age                           opens the key with stock age");
        command.SetAction((parsed, stop) =>
        {
            var home = FirnHome.Open();
            var files = options.Choose(home, parsed);
            using var nodeLock = NodeHome.Lock(home, files.Node);
            bool wasEncrypted = files.IsEncrypted;
            using var key = files.Load(ToolPassphrases.Unlocker(stop), DateTimeOffset.UtcNow, out var rotations);
            using var passphrase = wasEncrypted
                ? ToolPassphrases.NewFromTerminal([], stop)
                : ToolPassphrases.New(files.Node, files.EncryptedPath, stop);
            files.SaveEncrypted(key, passphrase.Bytes, DateTimeOffset.UtcNow, rotations: rotations);
            options.Show(
                parsed,
                files,
                IdentityCard.TryRead(files.Directory)!,
                wasEncrypted ? "the passphrase is another one now" : "the key is encrypted; copies made before, as in backups, are not");
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
