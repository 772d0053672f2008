namespace Firn.Protocol;

/// <summary>The name of a cluster: 1 to 64 of <c>[A-Za-z0-9._-]</c>, compared exactly.</summary>
internal static class ClusterName
{
    public const int MaxLength = 64;

    public static bool IsValid(string text) => text.Length is > 0 and <= MaxLength && text.All(IsAllowed);

    /// <summary>Returns <paramref name="text"/>, the cluster that a user asked for.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: not a cluster name.</exception>
    public static string Check(string text) => IsValid(text)
        ? text
        : throw new FirnException(
            FailureReason.InvalidInput, "The cluster's name is malformed: expected 1 to 64 letters, digits, '.', '_' or '-'.");

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
