using Firn.Protocol;

namespace Firn.Identity;

/// <summary>The names that a node takes when nobody chose one, made of whatever user and machine are called.</summary>
internal static class DefaultNames
{
    private const int RoomForSuffix = 4;

    /// <summary>The name of this machine in node names.</summary>
    public static string Host() => ToHost(Environment.MachineName);

    /// <summary>The name of this user in node names.</summary>
    public static string User() => ToName(Environment.UserName);

    /// <summary>The <paramref name="ordinal"/>-th default name, from 1: <c>user@host</c>, <c>user-2@host</c>, …</summary>
    public static NodeName Nth(int ordinal, string user, string host) =>
        NodeName.Parse(ordinal == 1 ? $"{user}@{host}" : $"{user}-{ordinal}@{host}");

    /// <summary>The full name that <paramref name="requested"/>, <c>name</c> or <c>name@host</c>, means on this machine.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: malformed.</exception>
    public static NodeName Complete(string requested) =>
        NodeName.Parse(requested.Contains('@', StringComparison.Ordinal) ? requested : $"{requested}@{Host()}");

    public static string ToName(string user)
    {
        var legal = Clean(user, NameScanner.IsNameCharacter);
        return legal.Length == 0 ? "node" : legal[..Math.Min(legal.Length, NameScanner.MaxNameLength - RoomForSuffix)];
    }

    public static string ToHost(string machine)
    {
        var legal = Clean(machine, c => NameScanner.IsNameCharacter(c) || c == '.');
        string[] candidates = legal.Length == 0 ? [] : [legal, "host-" + legal];   // digits alone are no host
        return candidates.FirstOrDefault(IsHost)?.ToLowerInvariant() ?? "localhost";
    }

    private static bool IsHost(string text) => NameScanner.CheckHost(text, 0, text.Length) is null;

    private static string Clean(string text, Func<char, bool> isLegal) =>
        string.Concat(text.Select(c => isLegal(c) ? c : '-')).Trim('-', '.');
}
