namespace Firn.Protocol;

/// <summary>What two processes, one of them local, are to each other.</summary>
/// <param name="Own">The local process.</param>
/// <param name="Other">The other's number on its node.</param>
internal readonly record struct LinkPair(ulong Own, ulong Other)
{
    /// <inheritdoc cref="ProcessKey.GetHashCode"/>
    public override int GetHashCode() => HashCode.Combine(Own, (uint)Other, (uint)(Other >> 32));
}

/// <summary>The local end of a link across a session. Kept while it is linked, or acks are awaited.</summary>
internal sealed class RemoteLink
{
    public bool IsLinked { get; set; }

    /// <summary>Whether the other end asked for it.</summary>
    public bool IsTheirs { get; set; }

    /// <summary>Unlinked here, and the other end has not confirmed: what it says of the link was said before it knew.</summary>
    public bool IsUnlinking { get; set; }

    /// <summary>Our Unlinks that were not confirmed yet.</summary>
    public long AcksAwaited { get; set; }
}

/// <summary>The relations across one session, and how many each end may have with the other.</summary>
internal sealed class SessionRelations(long number, int limit)
{
    public long Number => number;

    /// <summary>References of this node's monitors of processes there.</summary>
    public HashSet<ulong> Monitors { get; } = [];

    /// <summary>The other end's monitors, with the local process that each is for.</summary>
    public Dictionary<MonitorKey, ulong> TheirMonitors { get; } = [];

    public Dictionary<LinkPair, RemoteLink> Links { get; } = [];

    /// <summary>How many of <see cref="Links"/> are linked because the other end asked.</summary>
    public int TheirLinks { get; set; }

    /// <summary>Whether the other end may have one more.</summary>
    public bool MayHold => TheirMonitors.Count + TheirLinks < limit;

    /// <summary>
    /// This node is about to ask for one more. All links count: when requests cross, the two ends may differ on who asked, and the
    /// other end's limit must hold with either view.
    /// </summary>
    /// <param name="without">How many of those that are there it takes the place of.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.Busy"/>: there are as many as the other end allows.</exception>
    public void AssertMayAsk(int without = 0)
    {
        if (Monitors.Count + Links.Count - without >= limit)
        {
            throw new FirnException(
                FailureReason.Busy,
                $"This node has {Monitors.Count} monitors of processes of that peer and {Links.Count} links with them, and one session "
                + $"holds no more than {limit}: demonitor or unlink some, or watch one process that stands for many.");
        }
    }
}
