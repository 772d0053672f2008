namespace Firn;

/// <summary>One thing that happened at a node.</summary>
/// <param name="At">When.</param>
public abstract record NodeEvent(DateTimeOffset At);

/// <summary>A peer is connected.</summary>
public sealed record PeerUpEvent(DateTimeOffset At, Peer Peer) : NodeEvent(At);

/// <summary>A peer is no longer connected.</summary>
public sealed record PeerDownEvent(DateTimeOffset At, Peer Peer, EndReason Reason) : NodeEvent(At);

/// <summary>A peer says something new of itself, or its role has changed.</summary>
public sealed record PeerChangedEvent(DateTimeOffset At, Peer Peer) : NodeEvent(At);

/// <summary>A dial of the node's own accord has failed; <paramref name="Ways"/> says what became of each way that was tried.</summary>
public sealed record DialFailedEvent(
    DateTimeOffset At, NodeAddress Address, FailureReason Reason, string Message, bool WillRetry, IReadOnlyList<FailedWay> Ways) : NodeEvent(At);

/// <summary>
/// Somebody was refused here; <paramref name="Message"/> says more than the other end was told. With <see cref="FailureReason.ConnectionLost"/> it
/// left by itself before it was a peer, as a dial does whose other way was faster, or a check of the port.
/// </summary>
public sealed record RefusedEvent(DateTimeOffset At, string Source, FailureReason Reason, string Message) : NodeEvent(At);

/// <summary>Something that the operator must know.</summary>
public sealed record NodeWarningEvent(DateTimeOffset At, string Message) : NodeEvent(At);

/// <summary>The watcher was too slow and missed <paramref name="Count"/> events before this one.</summary>
public sealed record EventsLostEvent(DateTimeOffset At, long Count) : NodeEvent(At);
