using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn id init</c>: an identity before the first start, encrypted from the beginning if that is wanted.</summary>
internal static class IdInitCommand
{
    public const string EncryptHint = "its key is not encrypted: 'firn id encrypt' puts a passphrase on it";

    public static Command Create(IdOptions options)
    {
        var encrypt = new Option<bool>("--encrypt") { Description = "Put a passphrase on the key: it never lies on the disk without" };
        var command = new ExampledCommand(
            "init",
            "Make an identity; 'firn up' does it too, without a passphrase",
            "firn id init",
            "firn id init --encrypt --name db",
            "FIRN_PASSPHRASE_FILE=secret firn id init --encrypt   for scripts")
        {
            encrypt,
        };
        command.SetAction((parsed, stop) =>
        {
            var (files, nodeLock) = options.ChooseNew(FirnHome.Open(), parsed);
            using (nodeLock)
            {
                if (files.Exist)
                    files.Load(ToolPassphrases.Unlocker(stop), DateTimeOffset.UtcNow).Dispose();   // says which key has gone
                using var key = IdentityFiles.NewKey();
                if (parsed.GetValue(encrypt))
                {
                    using var passphrase = ToolPassphrases.New(files.Node, files.EncryptedPath, stop);
                    files.SaveEncrypted(key, passphrase.Bytes, DateTimeOffset.UtcNow);
                }
                else
                {
                    files.SavePlain(key, DateTimeOffset.UtcNow);
                }

                options.Show(parsed, files, IdentityCard.TryRead(files.Directory)!, files.IsEncrypted ? [] : [EncryptHint]);
            }

            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
