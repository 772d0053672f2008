using Firn.Protocol.Wire;

namespace Firn.Sessions;

/// <summary>The reasons of <see cref="EndReason"/> as they travel in a Close frame.</summary>
internal static class CloseReasons
{
    private const int MaxDetail = 256;

    public static CloseReason ToWire(EndReason reason) => reason switch
    {
        EndReason.Superseded => CloseReason.Superseded,
        EndReason.Stale => CloseReason.Stale,
        EndReason.Timeout => CloseReason.Timeout,
        EndReason.ProtocolError => CloseReason.ProtocolError,
        EndReason.Hangup => CloseReason.Hangup,
        EndReason.Shutdown => CloseReason.Shutdown,
        EndReason.CredentialExpired => CloseReason.CredentialExpired,
        EndReason.Refused => CloseReason.Refused,
        _ => CloseReason.Goodbye,
    };

    /// <summary>The reason that a peer gave; one that this version does not know is a goodbye.</summary>
    public static EndReason FromWire(CloseReason reason) => reason switch
    {
        CloseReason.Superseded => EndReason.Superseded,
        CloseReason.Stale => EndReason.Stale,
        CloseReason.Timeout => EndReason.Timeout,
        CloseReason.ProtocolError => EndReason.ProtocolError,
        CloseReason.Hangup => EndReason.Hangup,
        CloseReason.Shutdown => EndReason.Shutdown,
        CloseReason.CredentialExpired => EndReason.CredentialExpired,
        CloseReason.Refused => EndReason.Refused,
        _ => EndReason.Goodbye,
    };

    /// <summary>A peer's words, cut to 256 characters and without control characters, fit for a log.</summary>
    public static string Printable(string detail)
    {
        var shown = detail.Length <= MaxDetail ? detail : detail[..MaxDetail];
        return string.Concat(shown.Select(c => char.IsControl(c) ? ' ' : c));
    }
}
