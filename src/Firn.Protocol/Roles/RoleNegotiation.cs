namespace Firn.Protocol;

/// <summary>What one end brings into the negotiation.</summary>
internal readonly record struct RoleOffer(bool CanEnter, bool CanExit, bool CanRelay, RoleHint Hint)
{
    /// <summary>The offer of a node that describes itself so; capabilities that are no roles do not matter.</summary>
    public static RoleOffer Of(IEnumerable<string> capabilities, RoleHint hint)
    {
        var offer = new RoleOffer(false, false, false, hint);
        foreach (string capability in capabilities)
        {
            offer = capability switch
            {
                NodeCapability.Entry => offer with { CanEnter = true },
                NodeCapability.Exit => offer with { CanExit = true },
                NodeCapability.Relay => offer with { CanRelay = true },
                _ => offer,
            };
        }

        return offer;
    }

    /// <summary>Whether it is able to take <paramref name="role"/>.</summary>
    public bool Can(NodeRole role) => role switch
    {
        NodeRole.Entry => CanEnter,
        NodeRole.Exit => CanExit,
        NodeRole.Relay => CanRelay,
        _ => false,
    };

    /// <summary>Whether it is able and willing to take <paramref name="role"/>.</summary>
    public bool Takes(NodeRole role) => Can(role) && Hint.Allows(role);

    /// <summary>Whether <paramref name="role"/> is the one it prefers.</summary>
    public bool Prefers(NodeRole role) => Hint == RoleHint.Prefer(role);
}

/// <summary>The roles of the two ends; both Indeterminate, with a reason, when no pair is possible.</summary>
internal readonly record struct RoleOutcome(NodeRole Mine, NodeRole Theirs, string? Reason);

/// <summary>
/// Finds the roles that two peers take towards each other. Each end evaluates it with the two offers swapped and comes to the
/// same pair. Pairs are entry and exit, or a relay and anything. A fixed or excluded role is always honoured. Of the pairs that
/// remain, the best is the one that honours more preferences, then the one with fewer relays, then the one that honours the
/// preference of the smaller end, then the one where the smaller end comes first in (entry, exit, relay).
/// </summary>
internal static class RoleNegotiation
{
    private static readonly NodeRole[] Roles = [NodeRole.Entry, NodeRole.Exit, NodeRole.Relay];

    /// <summary>The outcome as seen from this end.</summary>
    /// <param name="mine">What this node offers this peer.</param>
    /// <param name="theirs">What the peer offers.</param>
    /// <param name="mineIsSmaller">A tie-break that both ends know and see differently: whether this node's DID is the smaller one.</param>
    public static RoleOutcome Decide(RoleOffer mine, RoleOffer theirs, bool mineIsSmaller)
    {
        var (smaller, larger) = mineIsSmaller ? (mine, theirs) : (theirs, mine);
        var best = (Smaller: NodeRole.Indeterminate, Larger: NodeRole.Indeterminate);
        int bestRank = -1;
        foreach (var first in Roles)
        {
            foreach (var second in Roles)
            {
                int rank = smaller.Takes(first) && larger.Takes(second) && IsPair(first, second)
                    ? Rank(smaller, first, larger, second)
                    : -1;
                if (rank > bestRank)
                    (best, bestRank) = ((first, second), rank);
            }
        }

        return bestRank < 0 ? new RoleOutcome(NodeRole.Indeterminate, NodeRole.Indeterminate, WhyNone(mine, theirs))
            : mineIsSmaller ? new RoleOutcome(best.Smaller, best.Larger, null)
            : new RoleOutcome(best.Larger, best.Smaller, null);
    }

    private static bool IsPair(NodeRole a, NodeRole b) => a != b || a == NodeRole.Relay;

    private static int Rank(RoleOffer smaller, NodeRole first, RoleOffer larger, NodeRole second)
    {
        int preferences = (smaller.Prefers(first) ? 1 : 0) + (larger.Prefers(second) ? 1 : 0);
        int relays = (first == NodeRole.Relay ? 1 : 0) + (second == NodeRole.Relay ? 1 : 0);
        return (preferences * 6) + ((2 - relays) * 2) + (smaller.Prefers(first) ? 1 : 0);
    }

    private static string WhyNone(RoleOffer mine, RoleOffer theirs)
    {
        string? myReason = WhyNoRole("this node", mine), theirReason = WhyNoRole("the peer", theirs);
        return (myReason, theirReason) switch
        {
            (null, null) => $"both ends can only be {(mine.Takes(NodeRole.Entry) ? "entry" : "exit")}: one has to take another role",
            (not null, not null) => $"{myReason}; {theirReason}",
            _ => myReason ?? theirReason!,
        };
    }

    private static string? WhyNoRole(string who, RoleOffer offer)
    {
        if (Roles.Any(offer.Takes))
            return null;

        string hinted = Show(offer.Hint.Role);
        return offer.Hint.Mode switch
        {
            RoleHintMode.Fixed when offer.Hint.Role == NodeRole.Indeterminate => $"{who} takes no role",
            RoleHintMode.Fixed => $"{who} is fixed to {hinted} but lacks that capability",
            RoleHintMode.Exclude when offer.Can(offer.Hint.Role) => $"{who} excludes {hinted}, the only role it is capable of",
            _ => $"{who} is not capable of any role (entry, exit or relay)",
        };
    }

    private static string Show(NodeRole role) => role switch
    {
        NodeRole.Entry => NodeCapability.Entry,
        NodeRole.Exit => NodeCapability.Exit,
        NodeRole.Relay => NodeCapability.Relay,
        _ => $"an unknown role ({(int)role})",
    };
}
