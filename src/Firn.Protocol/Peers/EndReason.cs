namespace Firn;

/// <summary>Why a session, and with it the association with a peer, ended.</summary>
public enum EndReason
{
    /// <summary>Closed in order, with nothing further to say.</summary>
    Goodbye,

    /// <summary>A newer incarnation of the same node took its place.</summary>
    Superseded,

    /// <summary>A newer incarnation of the same node was already known.</summary>
    Stale,

    /// <summary>Nothing was received for the ping interval and the deadline after it.</summary>
    Timeout,

    /// <summary>The peer sent what the protocol does not allow.</summary>
    ProtocolError,

    /// <summary>The connection broke without a goodbye.</summary>
    TransportError,

    /// <summary>One end no longer admits the other.</summary>
    Refused,

    /// <summary>An operator, or the program, hung up.</summary>
    Hangup,

    /// <summary>The node at the other end, or this one, was stopped.</summary>
    Shutdown,

    /// <summary>A certificate that the session was made with has expired.</summary>
    CredentialExpired,

    /// <summary>It went through a relay, and that is gone, or has lost the other node.</summary>
    RelayLost,
}
