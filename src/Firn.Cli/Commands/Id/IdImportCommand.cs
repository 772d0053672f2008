using System.CommandLine;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary><c>firn id import</c>: an identity from elsewhere.</summary>
internal static class IdImportCommand
{
    public static Command Create(IdOptions options)
    {
        var file = new Argument<string>("FILE") { Description = "An age file under a passphrase, or a P-256 private key in PEM; - for standard input" };
        var command = new ExampledCommand(
            "import",
            "Take over a key from 'firn id export', 'age -p' or openssl; what is encrypted stays so. Never overwrites: give another node with --name or another home with FIRN_HOME",
            "firn id import backup.age",
            "firn id import --name db backup.age",
            "firn id import - < key.pem")
        {
            file,
        };
        command.SetAction((parsed, stop) =>
        {
            var (files, nodeLock) = options.ChooseNew(FirnHome.Open(), parsed);
            using (nodeLock)
                Import(files, parsed.GetValue(file)!, stop);
            string[] notes = files.IsEncrypted ? [OneAtATime] : [IdInitCommand.EncryptHint, OneAtATime];
            options.Show(parsed, files, IdentityCard.TryRead(files.Directory)!, notes);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private const string OneAtATime = "it must not run in two places at once: the older one of two is refused by their peers";

    private static void Import(IdentityFiles files, string source, CancellationToken stop)
    {
        string path = source == "-" ? "standard input" : PrivateFiles.Guard(source, () => Path.GetFullPath(source));
        using var content = new SecretBuffer(source == "-" ? ReadStandardInput() : IdentityFiles.ReadForeign(path));
        bool isPem = content.Bytes.TrimStart(" \t\r\n"u8).StartsWith("-----BEGIN "u8) && content.Bytes.IndexOf("PRIVATE KEY-----"u8) > 0;
        using var opened = isPem ? null : ToolPassphrases.Unlocker(stop).Open(content.Bytes.ToArray(), path, files.Node);
        using var key = KeyPem.TryRead(opened is null ? content.Bytes : opened.Bytes) ?? throw new FirnException(
            FailureReason.InvalidInput, $"{path} holds no P-256 private key in PEM (PKCS#8, not encrypted by PEM's own means)");

        var did = LeafProfile.DidOf(key);
        var rotations = KeyPem.TryReadRotations(opened is null ? content.Bytes : opened.Bytes, did) ?? throw new FirnException(
            FailureReason.InvalidInput, $"{path} holds rotations that are damaged, behind its key: take another copy, or remove their blocks");
        if (IdentityCard.TryRead(files.Directory) is { } card && card.Did != did)
        {
            throw new FirnException(
                FailureReason.InvalidInput,
                $"{files.Node} was {card.Did}, but {path} holds the key of {did}: give another node with --name, or another home with FIRN_HOME=DIR");
        }

        if (isPem)
            files.SavePlain(key, DateTimeOffset.UtcNow, rotations);
        else
            files.Adopt(content.Bytes, did, DateTimeOffset.UtcNow);
    }

    private static byte[] ReadStandardInput()
    {
        using var input = Console.OpenStandardInput();
        return IdentityFiles.ReadForeign(input, "standard input");
    }
}
