namespace Firn.Protocol;

/// <summary>Which of the peers join others.</summary>
internal sealed partial class NodeRules
{
    private readonly HashSet<long> _relays = [];

    /// <summary>The peer on <paramref name="link"/> describes itself. <paramref name="canRelay"/>: it relays, and its session goes straight.</summary>
    public void OnDescribed(long link, bool canRelay)
    {
        if (!canRelay)
            _relays.Remove(link);
        else if (Peers.FindByLink(link) is not null)
            _relays.Add(link);
    }
}
