using Firn.Protocol.Wire;

namespace Firn.Protocol;

/// <summary>Why a handshake failed, for the local log. The wire is told less: all failures of authentication look alike there.</summary>
internal enum RefusalCause
{
    /// <summary>Bytes that are no handshake message, or a field outside its limits.</summary>
    Malformed,

    /// <summary>A body over 4 KiB.</summary>
    TooLarge,

    /// <summary>A message that is not due.</summary>
    OutOfOrder,

    /// <summary>No version in common.</summary>
    VersionUnsupported,

    /// <summary>This node's own nonce came back: somebody mirrors its messages.</summary>
    Reflected,

    /// <summary>One of the two ends admits by cookie, the other does not.</summary>
    AdmissionDiffers,

    /// <summary>The peer's key is not on the trust list, which this node's admission demands.</summary>
    NotTrusted,

    /// <summary>The peer's key was rotated, or is frozen: whoever uses it may have stolen it.</summary>
    RetiredKey,

    /// <summary>The rotations that the peer tells are not signed by both keys, or contradict what is known.</summary>
    FalseRotation,

    /// <summary>Proved with none of this node's cookies, or for another connection: a relay or a replay.</summary>
    WrongProof,

    /// <summary>A message after the proofs that does not bear the peer's MAC.</summary>
    Altered,

    /// <summary>It knows the cookie but belongs to another cluster.</summary>
    ClusterDiffers,

    /// <summary>Another node than the one that was meant.</summary>
    WrongPeer,

    /// <summary>This node itself, or a copy of its identity.</summary>
    OwnIdentity,

    /// <summary>This node's rules refuse a peer that has proved itself.</summary>
    RefusedHere,

    /// <summary>The peer refused; its <see cref="HandshakeException.Reason"/> says why.</summary>
    RefusedByPeer,

    /// <summary>The peer did not accept the proof: another cookie, if there is one, may do.</summary>
    ProofRefused,

    /// <summary>Proved with the code of no invite that is here, or for another connection.</summary>
    WrongInvite,

    /// <summary>The code of an invite that is over, proved.</summary>
    InviteOver,
}

/// <summary>A handshake that failed by what the peer sent. The message is a sentence for the local log.</summary>
internal sealed class HandshakeException : Exception
{
    public HandshakeException(RefusalCause cause, RefusalReason reason, string sentence, bool isProved = false)
        : base(sentence) => (Cause, Reason, IsProved) = (cause, reason, isProved);

    /// <summary>Why, for the local log.</summary>
    public RefusalCause Cause { get; }

    /// <summary>Whether it is the peer that refused: there is nothing left to say to it.</summary>
    public bool IsByPeer => Cause is RefusalCause.RefusedByPeer or RefusalCause.ProofRefused;

    /// <summary>What the wire is told; if it <see cref="IsByPeer"/>, what it told.</summary>
    public RefusalReason Reason { get; }

    /// <summary>
    /// Whether the peer's refusal is that of a peer that has proved itself, by its MAC or by its trusted key, and thus means something
    /// for it; else it counts against the address alone.
    /// </summary>
    public bool IsProved { get; }

    /// <summary>The same for a caller of the node.</summary>
    public FailureReason Failure => Reason switch
    {
        RefusalReason.AuthenticationFailed when Cause is RefusalCause.NotTrusted or RefusalCause.RetiredKey => FailureReason.NotTrusted,
        RefusalReason.AuthenticationFailed => FailureReason.AuthenticationFailed,
        RefusalReason.AdmissionDiffers => FailureReason.AdmissionDiffers,
        RefusalReason.VersionUnsupported => FailureReason.VersionUnsupported,
        RefusalReason.ClusterDiffers => FailureReason.ClusterDiffers,
        RefusalReason.WrongPeer => FailureReason.WrongPeer,
        RefusalReason.NameTaken => FailureReason.NameTaken,
        RefusalReason.Stale => FailureReason.Stale,
        RefusalReason.Busy => FailureReason.Busy,
        RefusalReason.ShuttingDown => FailureReason.ShuttingDown,
        RefusalReason.Self => FailureReason.Self,
        RefusalReason.InviteExpired or RefusalReason.InviteUsed or RefusalReason.InviteCancelled => FailureReason.InviteRefused,
        RefusalReason.Duplicate or RefusalReason.Simultaneous => FailureReason.ConnectionLost,
        _ => FailureReason.ProtocolError,
    };

    public static HandshakeException Malformed(string sentence) =>
        new(RefusalCause.Malformed, RefusalReason.ProtocolError, sentence);
}
