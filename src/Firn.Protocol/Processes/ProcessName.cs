using System.Diagnostics.CodeAnalysis;

namespace Firn.Protocol;

/// <summary>The names under which processes are registered.</summary>
internal static class ProcessName
{
    /// <summary>Characters of a name.</summary>
    public const int MaxLength = StreamOpening.MaxProtocol;

    /// <summary>What the names of Firn's own processes and streams begin with; users cannot take such a name.</summary>
    public const string Reserved = "firn/";

    public static bool IsReserved(string name) => name.StartsWith(Reserved, StringComparison.Ordinal);

    /// <summary>Whether a process may have this name: what names a stream's protocol names a process, too.</summary>
    public static bool IsValid([NotNullWhen(true)] string? name) => StreamOpening.IsProtocol(name);
}
