namespace Firn.Protocol;

/// <summary>Connect to <paramref name="Address"/>; report on it as <paramref name="Link"/>.</summary>
internal sealed record StartDial(long Link, NodeAddress Address, PeerKey? Demanded) : NodeAction;

/// <summary>The dial that a caller waits for has led to <paramref name="Peer"/>.</summary>
internal sealed record CompleteDial(long Request, PeerKey Peer) : NodeAction;

/// <summary>The dial that a caller waits for has failed.</summary>
internal sealed record FailDial(long Request, FailureReason Reason, string Message) : NodeAction;

/// <summary>A dial that nobody waits for has failed.</summary>
internal sealed record ReportDialFailure(NodeAddress Address, FailureReason Reason, string Message, bool WillRetry) : NodeAction;
