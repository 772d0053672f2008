using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary><c>firn id show</c>: who a node is.</summary>
internal static class IdShowCommand
{
    public static Command Create(IdOptions options)
    {
        var command = new ExampledCommand(
            "show",
            "Print DID, fingerprint, age and place of an identity; the fingerprint is for two people to compare aloud",
            "firn id show",
            "firn id show --json | jq -r .did");
        command.SetAction((parsed, stop) =>
        {
            var files = options.Choose(FirnHome.Open(), parsed);
            if (!files.HasKey || IdentityCard.TryRead(files.Directory) is null)
                files.Load(ToolPassphrases.Unlocker(stop), DateTimeOffset.UtcNow).Dispose();   // makes the card anew, or says what is missing
            options.Show(parsed, files, IdentityCard.TryRead(files.Directory)!);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
