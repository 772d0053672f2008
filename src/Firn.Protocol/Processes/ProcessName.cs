using System.Diagnostics.CodeAnalysis;

namespace Firn.Protocol;

/// <summary>The names under which processes are registered.</summary>
internal static class ProcessName
{
    /// <summary>Whether a process may have this name: what names a stream's protocol names a process, too.</summary>
    public static bool IsValid([NotNullWhen(true)] string? name) => StreamOpening.IsProtocol(name);
}
