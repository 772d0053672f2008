using System.Globalization;
using System.Text;

namespace Firn.Identity;

/// <summary>
/// The public side of a node's identity on the disk, <c>did</c>: its DID, and a line that says since when. Beside the key it shows one
/// that was lost or exchanged, which would quietly make the node a stranger to its peers; and it is read without a passphrase.
/// </summary>
internal sealed record IdentityCard(Did Did, DateTimeOffset Created)
{
    private const int MaxBytes = 256;
    private const string CreatedFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";   // RFC 3339

    public static string PathIn(string directory) => Path.Combine(directory, "did");

    /// <summary>The card in <paramref name="directory"/>, if there is one.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.HomeUnusable"/>: not readable as one.</exception>
    public static IdentityCard? TryRead(string directory)
    {
        var path = PathIn(directory);
        if (PrivateFiles.TryRead(path, MaxBytes) is not { } bytes)
            return null;

        string[] lines = Encoding.UTF8.GetString(bytes).TrimEnd().Split('\n');
        if (!Did.TryParse(lines[0], out var did))
            throw PrivateFiles.Unusable($"{path} does not hold a DID. Remove it: it is made again from the key beside it.");
        return lines switch
        {
            [_] => new IdentityCard(did, File.GetLastWriteTimeUtc(path)),
            [_, var line] when ReadCreated(line) is { } created => new IdentityCard(did, created),
            _ => throw PrivateFiles.Unusable($"{path} does not say since when its DID is. Remove it: it is made again from the key beside it."),
        };
    }

    public void Write(string directory, FileCalls? calls = null) => PrivateFiles.Replace(
        PathIn(directory), Encoding.ASCII.GetBytes($"{Did}\ncreated {Spell(Created)}\n"), calls);

    /// <summary>A moment as the card and the tool spell it, to the second.</summary>
    public static string Spell(DateTimeOffset moment) => moment.UtcDateTime.ToString(CreatedFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset? ReadCreated(string line) =>
        line.StartsWith("created ", StringComparison.Ordinal) && DateTimeOffset.TryParseExact(
            line["created ".Length..], CreatedFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created)
            ? created
            : null;
}
