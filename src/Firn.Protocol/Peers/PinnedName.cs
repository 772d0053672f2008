namespace Firn.Protocol;

/// <summary>For how long a name belongs to a key.</summary>
internal enum PinKind
{
    /// <summary>While it is connected and for 10 minutes after.</summary>
    Recent,

    /// <summary>Until it is forgotten: its peer came in by trust.</summary>
    Kept,

    /// <summary>As long as the trust list says so.</summary>
    Trusted,
}

/// <summary>A name that belongs to a key.</summary>
/// <param name="Name">The name; without a host if the trust list pins it at any.</param>
/// <param name="Did">The key.</param>
/// <param name="Kind">For how long.</param>
/// <param name="IsConnected">Whether it is a peer now.</param>
/// <param name="MillisecondsLeft">When a recent one that is not connected is forgotten; else null.</param>
internal sealed record PinnedName(string Name, Did Did, PinKind Kind, bool IsConnected, long? MillisecondsLeft);
