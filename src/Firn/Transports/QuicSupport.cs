using System.Net.Quic;
using System.Runtime.Versioning;

namespace Firn.Transports;

/// <summary>Whether this machine can speak QUIC, and what to do if not.</summary>
internal static class QuicSupport
{
    /// <summary>What <c>System.Net.Quic</c> needs from the machine, as a sentence.</summary>
    public const string Missing = "QUIC needs the library libmsquic, version 2.2.2 or later, which is not installed here. " + Sources;

    /// <summary>Where to get it.</summary>
    public const string Sources =
        "Debian and Ubuntu have it in Microsoft's package repository (apt-get install libmsquic), Fedora and Alpine as a package of that name, "
        + "macOS in Homebrew (libmsquic); Windows 11 and Windows Server 2022 bring it along";

    /// <summary>Whether it can be listened on and dialled.</summary>
    [SupportedOSPlatformGuard("linux")]
    [SupportedOSPlatformGuard("windows")]
    [SupportedOSPlatformGuard("macos")]
    public static bool IsThere => QuicListener.IsSupported && QuicConnection.IsSupported;

    /// <summary>The failure of whoever asks for QUIC without it.</summary>
    public static FirnException Failure(NodeAddress address) =>
        new(FailureReason.Unsupported, $"{address} cannot be used: {Missing}. Or use tcp, which needs nothing.");
}
