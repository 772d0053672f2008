namespace Firn.Protocol;

/// <summary>Limits of the peer book.</summary>
internal sealed record PeerBookLimits
{
    /// <summary>Peers remembered at a time, connected ones included.</summary>
    public int MaxPeers { get; init; } = 4096;

    /// <summary>How long a name stays with its key after the peer was last seen: 10 minutes.</summary>
    public long PinMilliseconds { get; init; } = 600_000;

    /// <summary>How long our own unanswered Commit outweighs the one that crosses it: 2 seconds.</summary>
    public long CommitPatienceMilliseconds { get; init; } = 2_000;
}
