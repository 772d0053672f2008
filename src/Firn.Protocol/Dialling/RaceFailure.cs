using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol;

/// <summary>How far a way has led.</summary>
internal enum RaceStage
{
    /// <summary>The name, the connection or TLS has failed.</summary>
    Connecting,

    /// <summary>Somebody answered whose certificate or Challenge was no good, or who was not meant; nothing was proved to it.</summary>
    Greeting,

    /// <summary>It failed after this node had proved itself.</summary>
    Proving,

    /// <summary>After that the rules had decided on it: it is the outcome of the dial, whatever else could be tried.</summary>
    Deciding,
}

/// <summary>Why a way did not lead to a session.</summary>
/// <param name="Stage">How far it led.</param>
/// <param name="Reason">Why.</param>
/// <param name="Message">The same in a sentence.</param>
internal sealed record RaceFailure(RaceStage Stage, FailureReason Reason, string Message)
{
    /// <summary>What the peer has refused with, if it has proved itself.</summary>
    public RefusalReason Refusal { get; init; }

    /// <summary>Whether it is the cookie that was not accepted, as far as it looks.</summary>
    public bool IsProofRefused { get; init; }

    /// <summary>Whether the node at the other end, or this one, has refused the other: another way to the same node leads no further.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Whether another session with that peer is to be used: no failure, and the end of the dial.</summary>
    public bool IsYielding { get; init; }

    /// <summary>Whether one of the two ends has refused, rather than that the connection was lost.</summary>
    public bool IsHandshakes { get; init; }

    /// <summary>What telemetry calls it.</summary>
    public string Result { get; init; } = Reason.ToString();
}
