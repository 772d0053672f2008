using System.CommandLine;
using Firn.Identity;
using Firn.Unlocking;

namespace Firn.Cli;

/// <summary><c>firn id export</c>: a copy of the key, always encrypted.</summary>
internal static class IdExportCommand
{
    public static Command Create(IdOptions options)
    {
        var file = new Argument<string>("FILE") { Description = "The file to make; - for standard output" };
        var command = new ExampledCommand(
            "export",
            "Copy the key into an age file: under its own passphrase, or under a new one if it has none",
            "firn id export backup.age",
            "firn id export - | ssh there 'umask 77; cat > here.age'",
            "age -d backup.age   opens it with stock age")
        {
            file,
        };
        command.SetAction((parsed, stop) =>
        {
            string target = parsed.GetValue(file)!;
            var output = parsed.InvocationConfiguration.Output;
            if (target == "-" && Terminal.IsTerminal(output))
                throw new FirnException(FailureReason.InvalidInput, "an age file is no text for a terminal: name a file, or pipe it");

            var files = options.Choose(FirnHome.Open(), parsed);
            byte[] ageFile = AgeFileOf(files, stop);
            if (target == "-")
            {
                using var raw = Console.OpenStandardOutput();
                raw.Write(ageFile);
                return Task.FromResult(Tool.Success);
            }

            string path = PrivateFiles.Guard(target, () => Path.GetFullPath(target));
            if (!PrivateFiles.TryCreate(path, ageFile))
                throw new FirnException(FailureReason.InvalidInput, $"{path} is there already: name a file that is not");
            var record = IdOptions.RecordOf(files, IdentityCard.TryRead(files.Directory)!) with { Exported = path };
            if (options.IsJson(parsed))
                JsonLines.Write(output, record, CliJson.Default.IdRecord);
            else
                output.WriteLine($"the key of {files.Node} is in {path}, {(files.IsEncrypted ? "under its own passphrase" : "under the passphrase just given")}");
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private static byte[] AgeFileOf(IdentityFiles files, CancellationToken stop)
    {
        if (files.ReadEncrypted() is { } bytes)
            return bytes;

        using var key = files.Load(Unlocker.Unattended, DateTimeOffset.UtcNow, out var rotations);
        using var passphrase = ToolPassphrases.New(files.Node, files.PlainPath, stop);
        using var pem = KeyPem.Write(key, rotations);
        return IdentityFiles.Encrypt(pem.Bytes, passphrase.Bytes);
    }
}
