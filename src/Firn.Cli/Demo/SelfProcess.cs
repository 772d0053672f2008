using System.Diagnostics;

namespace Firn.Cli;

/// <summary>This very tool as a child process.</summary>
internal static class SelfProcess
{
    /// <summary>How to start it: by its own executable, or by dotnet when it was started as <c>dotnet Firn.Cli.dll</c>.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        string self = Environment.ProcessPath ?? "";
        return Path.GetFileNameWithoutExtension(self) is "firn" or "Firn.Cli"
            ? new ProcessStartInfo(self, arguments)
            : new ProcessStartInfo("dotnet", [typeof(SelfProcess).Assembly.Location, .. arguments]);
    }
}
