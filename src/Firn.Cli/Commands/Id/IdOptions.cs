using System.CommandLine;
using Firn.Identity;

namespace Firn.Cli;

/// <summary>The options of <c>firn id …</c>, and which identity they mean.</summary>
internal sealed class IdOptions
{
    private readonly CommonOptions _common;

    public IdOptions(CommonOptions common)
    {
        _common = common;
        Name.CompletionSources.Add(_ => FirnHome.TryOpen() is { } home ? Existing(home).Select(node => node.ToString()) : []);
    }

    public Option<string?> Name { get; } = new("--name")
    {
        Description = "Which node: NAME or NAME@HOST [default: what 'firn up' takes, or the only one]",
        HelpName = "NAME",
        Recursive = true,
    };

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_common.Json);

    /// <summary>The identity that is meant. It is there.</summary>
    /// <exception cref="FirnException">It is not, or several could be meant.</exception>
    public IdentityFiles Choose(FirnHome home, ParseResult parsed)
    {
        var existing = Existing(home);
        var wanted = parsed.GetValue(Name) is { } name ? DefaultNames.Complete(name)
            : existing.Contains(DefaultName) ? DefaultName
            : existing.Count == 1 ? existing[0]
            : existing.Count == 0 ? throw None(home, DefaultName, existing)
            : throw new FirnException(FailureReason.InvalidInput, $"several nodes have an identity: choose one with --name ({Names(existing)})");
        var files = IdentityFiles.Of(home, wanted);
        return files.Exist ? files : throw None(home, wanted, existing);
    }

    /// <summary>Where an identity is to be made, with the lock of its node.</summary>
    /// <exception cref="FirnException">The node runs, or has an identity, which is never overwritten.</exception>
    public (IdentityFiles Files, NodeLock Lock) ChooseNew(FirnHome home, ParseResult parsed)
    {
        var name = parsed.GetValue(Name) is { } given ? DefaultNames.Complete(given) : DefaultName;
        var files = IdentityFiles.Of(home, name);
        var nodeLock = NodeHome.Lock(home, name);
        if (!files.HasKey)
            return (files, nodeLock);

        nodeLock.Dispose();
        throw new FirnException(
            FailureReason.InvalidInput,
            $"{name} has an identity already, {IdentityCard.TryRead(files.Directory)?.Did.ToString() ?? files.KeyPath}, which is never overwritten: "
            + "give another node with --name, or another home with FIRN_HOME=DIR");
    }

    /// <summary>Says who an identity is, and what is to be known about it.</summary>
    public void Show(ParseResult parsed, IdentityFiles files, IdentityCard card, params string[] notes) => Show(parsed, RecordOf(files, card), notes);

    public void Show(ParseResult parsed, IdRecord record, params string[] notes)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (IsJson(parsed))
        {
            JsonLines.Write(output, record, CliJson.Default.IdRecord);
            return;
        }

        output.WriteLine($"name         {record.Name}");
        output.WriteLine($"did          {record.Did}");
        output.WriteLine($"fingerprint  {record.Fingerprint}");
        output.WriteLine($"created      {record.Created}");
        output.WriteLine($"encrypted    {(record.Encrypted ? "yes" : "no")}");
        output.WriteLine($"path         {record.Path}");
        foreach (string note in notes)
            output.WriteLine(note);
    }

    public static IdRecord RecordOf(IdentityFiles files, IdentityCard card) => new(
        files.Node.ToString(),
        card.Did.ToString(),
        Protocol.DidFingerprint.Of(card.Did),
        IdentityCard.Spell(card.Created),
        files.IsEncrypted,
        files.KeyPath);

    private static NodeName DefaultName => DefaultNames.Nth(1, DefaultNames.User(), DefaultNames.Host());

    private static List<NodeName> Existing(FirnHome home) =>
        [.. NodeDirectory.List(home).Where(name => IdentityFiles.Of(home, name).Exist).OrderBy(name => name.ToString(), StringComparer.Ordinal)];

    private static FirnException None(FirnHome home, NodeName wanted, List<NodeName> existing) => new(
        FailureReason.InvalidInput,
        $"{wanted} has no identity under {home.Path}: 'firn id init' makes one, and so does 'firn up'"
        + (existing.Count == 0 ? "" : $"; there are {Names(existing)}"));

    private static string Names(IEnumerable<NodeName> names) => string.Join(", ", names);
}
