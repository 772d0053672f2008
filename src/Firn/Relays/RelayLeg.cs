namespace Firn.Relays;

/// <summary>What carries a relayed link: a stream of this node's session with the relay.</summary>
internal sealed class RelayLeg(FirnStream stream)
{
    /// <summary>What such links call their transport.</summary>
    public const string Transport = "relay";

    /// <summary>The relay.</summary>
    public Peer Relay => stream.Peer;

    /// <summary>Why nothing gets through any more, when that is not the other node's doing; null otherwise.</summary>
    public string? WhyLost => stream.Failure switch
    {
        null => null,
        StreamResetException { Code: StreamResetCode.RelayLost } => $"the relay {Relay} has lost the other node",
        StreamResetException => null,
        _ => $"the session with the relay {Relay} has ended",
    };
}
