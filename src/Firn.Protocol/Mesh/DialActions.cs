namespace Firn.Protocol;

/// <summary>Connect to <paramref name="Address"/>; report on it as <paramref name="Link"/>.</summary>
/// <param name="Link">The number of the link.</param>
/// <param name="Address">Where to.</param>
/// <param name="Demanded">Who must be there, if it is a peer that was told of.</param>
/// <param name="DemandedDid">Whose key must be there, if only that is known.</param>
/// <param name="Cookie">The cookie to prove with; null where admission is by trust.</param>
internal sealed record StartDial(
    long Link, NodeAddress Address, PeerKey? Demanded, Did? DemandedDid = null, CookieKey? Cookie = null) : NodeAction;

/// <summary>A cookie that may be proved to a target, and its place in the keyring.</summary>
internal readonly record struct CookieChoice(int Index, CookieKey? Key);

/// <summary>The dial that a caller waits for has led to <paramref name="Peer"/>.</summary>
internal sealed record CompleteDial(long Request, PeerKey Peer) : NodeAction;

/// <summary>The dial that a caller waits for has failed.</summary>
internal sealed record FailDial(long Request, FailureReason Reason, string Message) : NodeAction;

/// <summary>A dial that nobody waits for has failed.</summary>
internal sealed record ReportDialFailure(NodeAddress Address, FailureReason Reason, string Message, bool WillRetry) : NodeAction;
