namespace Firn.Protocol;

/// <summary>What a decision of the rules asks the node to do; carried out in order, after the lock is released.</summary>
internal abstract record NodeAction;

/// <summary>End the session on <paramref name="Link"/>, telling the other end why.</summary>
internal sealed record CloseLink(long Link, EndReason Reason, string Detail) : NodeAction;

/// <summary>The session on <paramref name="Link"/> has ended, and nothing more is decided about it.</summary>
internal sealed record ForgetLink(long Link) : NodeAction;

/// <summary>The association with a peer began; its session is on <paramref name="Link"/>.</summary>
internal sealed record RaisePeerUp(PeerKey Peer, Incarnation Incarnation, long Link) : NodeAction;

/// <summary>The association goes on in another session, on <paramref name="Link"/>.</summary>
internal sealed record SwitchSession(PeerKey Peer, long Link) : NodeAction;

/// <summary>The association with a peer ended.</summary>
internal sealed record RaisePeerDown(PeerKey Peer, Incarnation Incarnation, EndReason Reason) : NodeAction;

/// <summary>Something that the operator must hear.</summary>
internal sealed record RaiseWarning(string Message) : NodeAction;
