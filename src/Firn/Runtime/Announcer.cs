using Firn.Protocol;

namespace Firn.Runtime;

/// <summary>Tell every peer what this node now says of itself.</summary>
internal sealed record AnnounceDescription : NodeAction;

/// <summary>
/// Sees to it that the newest description reaches the peers, and no more of them than peers put up with: of changes that follow
/// each other closely, the last one counts.
/// </summary>
internal sealed class Announcer(NodeCore node) : Scheduled
{
    // Peers cut off who exceeds twice this burst at this rate.
    private TokenBucket _budget = new(burst: 16, perSecond: 1, now: 0);

    public override long OnDue(long now)
    {
        if (!_budget.TryTake(now))
            return now + 1000;

        node.Post(new AnnounceDescription());
        return long.MaxValue;
    }
}
