using System.Text.Json.Serialization;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>
/// The rotations that the nodes of a home have seen, in <c>&lt;home&gt;/rotations.json</c>. It is what counts: trust list and pins are moved
/// after it, and are moved again when they are read, should a crash have come between.
/// </summary>
internal sealed class RotationStore(FirnHome home)
{
    private readonly JsonFile<RotationFile> _file = new(
        home.In("rotations.json"), 8 * 1024 * 1024, RotationJson.Default.RotationFile,
        "does not hold rotations", "Mend it, or remove it: then keys that were retired or frozen are admitted again.");

    public string Path => _file.Path;

    /// <summary>The table; empty if there is none yet.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: the file is not what it should be.</exception>
    public RotationTable Read() => _file.Read(static file => RotationTable.Of((file.Retired ?? []).Select(ToEntry))) ?? RotationTable.Empty;

    /// <summary>
    /// Replaces the table by what <paramref name="change"/> makes of it, at once or not at all; the trust list follows. The new table; null
    /// where that is what <paramref name="change"/> gives, and nothing is changed.
    /// </summary>
    public RotationTable? Change(Func<RotationTable, RotationTable?> change)
    {
        RotationTable? after;
        using (HomeLock.Take(home))
        {
            var before = Read();
            after = change(before);
            if (after is null || after == before)
                return after;
            _file.Replace(new RotationFile([.. after.Entries.Select(ToLine)]));
        }

        if (home.Trust.Read() is var trusted && trusted.Follow(after) != trusted)
            home.Trust.Change(list => list.Follow(after));
        return after;
    }

    private static RotationLine ToLine(RetiredKey entry) => new(
        entry.Old.ToString(),
        [.. entry.Statements.Select(static s => new RotationStatementLine(s.New.ToString(), Convert.ToBase64String(s.Bytes)))],
        entry.Chosen?.ToString());

    private static RetiredKey ToEntry(RotationLine line) => new(
        Did.Parse(line.Did ?? ""),
        [.. (line.Statements ?? []).Select(static s => ToStatement(s.Statement ?? ""))],
        line.Chosen is { } chosen ? Did.Parse(chosen) : null);

    private static RotationStatement ToStatement(string text)
    {
        var bytes = new byte[RotationStatement.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) && RotationStatement.TryRead(bytes.AsSpan(0, length), out var statement)
            ? statement
            : throw new FirnException(FailureReason.InvalidInput, "a statement is damaged");
    }
}

/// <summary>The shape of <c>rotations.json</c>.</summary>
internal sealed record RotationFile(IReadOnlyList<RotationLine>? Retired);

/// <summary>One retired key in it.</summary>
internal sealed record RotationLine(string? Did, IReadOnlyList<RotationStatementLine>? Statements, string? Chosen);

/// <summary>What it has signed: the successor for people, the statement in base64 for the node.</summary>
internal sealed record RotationStatementLine(string? New, string? Statement);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RotationFile))]
internal sealed partial class RotationJson : JsonSerializerContext;
