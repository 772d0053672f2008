using System.Text.Json.Serialization;
using Firn.Protocol;

namespace Firn.Identity;

/// <summary>The trust list of a home, in <c>&lt;home&gt;/trust.json</c>: read by each of its nodes, changed under the home's lock.</summary>
internal sealed class TrustStore(FirnHome home)
{
    private readonly JsonFile<TrustFile> _file = new(
        home.In("trust.json"), 4 * 1024 * 1024, TrustJson.Default.TrustFile,
        "is not a trust list", "Mend it, or remove it and add the keys again with firn trust add.");

    public string Path => _file.Path;

    /// <summary>The list; empty if there is none yet.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: the file is not what it should be.</exception>
    public TrustList Read() => _file.Read(static file => new TrustList((file.Trusted ?? []).Select(ToEntry))) ?? TrustList.Empty;

    /// <summary>Replaces the list by what <paramref name="change"/> makes of it, at once or not at all; both of them.</summary>
    public (TrustList Before, TrustList After) Change(Func<TrustList, TrustList> change)
    {
        using (HomeLock.Take(home))
        {
            var before = Read();
            var after = change(before);
            _file.Replace(new TrustFile([.. after.Entries.Select(e => new TrustLine(e.Did.ToString(), e.Name, e.Label, e.AddedAt.UtcDateTime))]));
            return (before, after);
        }
    }

    private static TrustEntry ToEntry(TrustLine line) => new(
        Did.Parse(line.Did ?? ""),
        line.Name is { } name ? TrustEntry.CheckName(name) : null,
        line.Label is { } label ? TrustEntry.CheckLabel(label) : null,
        new DateTimeOffset(DateTime.SpecifyKind(line.AddedAt, DateTimeKind.Utc)));
}

/// <summary>The shape of <c>trust.json</c>.</summary>
internal sealed record TrustFile(IReadOnlyList<TrustLine>? Trusted);

/// <summary>One trusted key in it.</summary>
internal sealed record TrustLine(string? Did, string? Name, string? Label, DateTime AddedAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrustFile))]
internal sealed partial class TrustJson : JsonSerializerContext;
