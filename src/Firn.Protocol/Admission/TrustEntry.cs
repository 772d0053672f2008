namespace Firn.Protocol;

/// <summary>A key that a node trusts.</summary>
/// <param name="Did">The key.</param>
/// <param name="Name">The only name that it may have, and that nobody else may: <c>name</c> or <c>name@host</c>; null for any.</param>
/// <param name="Label">What its operator noted about it.</param>
/// <param name="AddedAt">Since when it is trusted.</param>
internal sealed record TrustEntry(Did Did, string? Name, string? Label, DateTimeOffset AddedAt)
{
    public const int MaxLabel = 64;

    /// <summary>Returns the one spelling of a name that a key can be pinned to.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a name.</exception>
    public static string CheckName(string text)
    {
        if (text.Contains('@', StringComparison.Ordinal))
            return NodeName.Parse(text).ToString();
        return NameScanner.CheckName(text, 0, text.Length) is { } error
            ? throw new FirnException(FailureReason.InvalidInput, error)
            : text;
    }

    /// <summary>Returns <paramref name="text"/>, a label.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: too long, or not for a line of text.</exception>
    public static string CheckLabel(string text) => text.Length is > 0 and <= MaxLabel && !text.Any(char.IsControl)
        ? text
        : throw new FirnException(FailureReason.InvalidInput, $"A label is 1 to {MaxLabel} characters on one line.");
}
