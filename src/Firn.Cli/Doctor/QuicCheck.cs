using System.Net.Quic;

namespace Firn.Cli;

/// <summary>Whether QUIC can be spoken.</summary>
internal sealed class QuicCheck : ICheck
{
    private const string Name = "quic";

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<Finding>>([Judge(IsSupported())]);

    public static Finding Judge(bool isSupported) => isSupported
        ? Finding.Ok(Name, "libmsquic is installed")
        : Finding.Warning(
            Name, "libmsquic is not installed, so quic:// is not available; everything else is",
            OperatingSystem.IsLinux() ? "install libmsquic from the package repository of Microsoft (apt-get install libmsquic)"
            : OperatingSystem.IsMacOS() ? "brew install libmsquic" : "it needs Windows 11, or Windows Server 2022");

    private static bool IsSupported() =>
        (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows()) && QuicListener.IsSupported;
}
