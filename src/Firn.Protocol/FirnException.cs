namespace Firn;

/// <summary>Why an operation of Firn failed.</summary>
public enum FailureReason
{
    /// <summary>A name, address, cookie or option is malformed.</summary>
    InvalidInput,

    /// <summary>Nothing answered at the address: no route, connection refused, or the name does not resolve.</summary>
    Unreachable,

    /// <summary>The other side did not answer in time.</summary>
    TimedOut,

    /// <summary>What answered does not speak Firn.</summary>
    NotFirn,

    /// <summary>Cookie, key or certificate were not accepted by one of the two ends.</summary>
    AuthenticationFailed,

    /// <summary>Both ends know the cookie but belong to different clusters.</summary>
    ClusterDiffers,

    /// <summary>The two ends share no version of the protocol.</summary>
    VersionUnsupported,

    /// <summary>Another node than the expected one lives at the address.</summary>
    WrongPeer,

    /// <summary>The address leads back to this node, or to a copy of its identity.</summary>
    Self,

    /// <summary>The name belongs to another key: pinned, or seen a short time ago.</summary>
    NameTaken,

    /// <summary>A newer incarnation of this identity is known there: a copy of it runs elsewhere.</summary>
    Stale,

    /// <summary>The other side has reached a limit.</summary>
    Busy,

    /// <summary>The other side, or this node, is shutting down.</summary>
    ShuttingDown,

    /// <summary>The other side broke the protocol.</summary>
    ProtocolError,

    /// <summary>The connection was lost.</summary>
    ConnectionLost,

    /// <summary>No session with that peer.</summary>
    NotConnected,

    /// <summary>The address cannot be listened on.</summary>
    CannotListen,

    /// <summary>The home directory cannot be used.</summary>
    HomeUnusable,

    /// <summary>The process has ended, or was never there.</summary>
    NoProcess,

    /// <summary>No function of that name may be spawned there.</summary>
    NotRegistered,

    /// <summary>The process refused the call.</summary>
    CallFailed,

    /// <summary>Not available on this platform or in this build.</summary>
    Unsupported,

    /// <summary>A message, argument or reply cannot become bytes.</summary>
    NotSerializable,

    /// <summary>Bytes that came cannot be read as what is expected there.</summary>
    BadMessage,

    /// <summary>The peer's key is not trusted here.</summary>
    NotTrusted,

    /// <summary>One of the two ends admits by cookie, the other by trust alone.</summary>
    AdmissionDiffers,

    /// <summary>The node's key is encrypted, and there is no passphrase for it or a wrong one.</summary>
    IdentityLocked,

    /// <summary>The invite has expired, was cancelled, or another node has used it.</summary>
    InviteRefused,
}

/// <summary>A failure of Firn, with a typed <see cref="Reason"/> and a sentence for people.</summary>
public sealed class FirnException : Exception
{
    /// <summary>A failure for <paramref name="reason"/>, described by <paramref name="message"/>.</summary>
    public FirnException(FailureReason reason, string message)
        : base(message) => Reason = reason;

    /// <summary>A failure for <paramref name="reason"/> caused by <paramref name="innerException"/>.</summary>
    public FirnException(FailureReason reason, string message, Exception? innerException)
        : base(message, innerException) => Reason = reason;

    /// <summary>Why it failed.</summary>
    public FailureReason Reason { get; }

    /// <summary>Of a dial that failed, what became of each way that was tried; else empty.</summary>
    public IReadOnlyList<FailedWay> Ways { get; init; } = [];
}
