namespace Firn.Protocol;

/// <summary>Which of the peers join others.</summary>
internal sealed partial class NodeRules
{
    private readonly HashSet<long> _relays = [];
    private readonly Func<double> _random;

    /// <summary>Sessions with peers that join others.</summary>
    public int Relays => _relays.Count;

    /// <summary>The peer on <paramref name="link"/> describes itself. <paramref name="canRelay"/>: it relays, and its session goes straight.</summary>
    public void OnDescribed(long link, bool canRelay, long now)
    {
        if (!canRelay)
            _relays.Remove(link);
        else if (Peers.FindByLink(link) is not null && _relays.Add(link))
            Dials.OnRelay(now);
    }

    /// <summary>
    /// The peers that may join this node with the one of <paramref name="did"/>: first who told of it, then the others, by turns, since each attempt
    /// tries a few.
    /// </summary>
    private IEnumerable<PeerKey> RelaysFor(Did did)
    {
        var relays = _relays.Select(link => (Link: link, Peers.FindByLink(link)?.Key))
            .Where(relay => relay.Key is { } key && key.Did != did).ToList();
        int first = (int)(_random() * relays.Count);
        long? teller = relays.Count > 1 ? Records.TellerOf(did) : null;
        return relays.Skip(first).Concat(relays.Take(first))
            .OrderBy(relay => relay.Link != teller)
            .Select(relay => relay.Key!.Value);
    }
}
