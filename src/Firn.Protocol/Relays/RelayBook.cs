using Firn.Protocol.Wire;

namespace Firn.Protocol;

/// <summary>Two nodes that a relay joins, in the order of <see cref="PeerKey"/>.</summary>
internal readonly record struct RelayPair
{
    public RelayPair(PeerKey one, PeerKey other) => (One, Other) = one.CompareTo(other) < 0 ? (one, other) : (other, one);

    public PeerKey One { get; }

    public PeerKey Other { get; }
}

/// <summary>What a relay answers.</summary>
/// <param name="Status">Whether it joins the two.</param>
/// <param name="Id">The number of the stream that it then makes; 0 else.</param>
internal readonly record struct RelayDecision(RelayStatus Status, long Id = 0);

/// <summary>
/// Whom a relay joins. A stream counts from the request that is granted to <see cref="End"/>. Only nodes that the relay itself is connected with,
/// and not through another relay, are joined: one hop, whatever a chain of them would like.
/// </summary>
internal sealed class RelayBook(RelayLimits limits)
{
    private readonly Dictionary<long, (PeerKey Asker, RelayPair Pair)> _streams = [];
    private readonly Dictionary<RelayPair, int> _pairs = [];
    private readonly Dictionary<Did, Asker> _askers = [];
    private long _lastId;

    /// <summary>The pairs that are joined now, and those that are about to be.</summary>
    public IReadOnlyCollection<RelayPair> Pairs => _pairs.Keys;

    /// <summary>Streams between them.</summary>
    public int Streams => _streams.Count;

    /// <summary><paramref name="asker"/> asks for the node with the key <paramref name="target"/>.</summary>
    /// <param name="asker">Who asks.</param>
    /// <param name="isDirect">Whether the session on which it asks comes straight from it.</param>
    /// <param name="target">Whom it wants.</param>
    /// <param name="found">That node, if there is a session that goes straight to it.</param>
    /// <param name="now">Monotonic milliseconds.</param>
    public RelayDecision Ask(PeerKey asker, bool isDirect, Did target, PeerKey? found, long now)
    {
        if (!isDirect)
            return new RelayDecision(RelayStatus.NotAllowed);
        if (!MayAsk(asker.Did, now))
            return new RelayDecision(RelayStatus.Busy);
        if (found is not { } other || target == asker.Did)
            return new RelayDecision(RelayStatus.NoSuchPeer);

        var pair = new RelayPair(asker, other);
        int ofPair = _pairs.GetValueOrDefault(pair);
        var budget = _askers[asker.Did];
        if (_streams.Count >= limits.InAll || budget.Streams >= limits.PerAsker || ofPair >= limits.PerPair)
            return new RelayDecision(RelayStatus.Limit);

        _pairs[pair] = ofPair + 1;
        budget.Streams++;
        _streams[++_lastId] = (asker, pair);
        return new RelayDecision(RelayStatus.Ok, _lastId);
    }

    /// <summary>The stream is over, or did not come about.</summary>
    public void End(long id)
    {
        if (!_streams.Remove(id, out var stream))
            return;

        _askers[stream.Asker.Did].Streams--;
        if (--_pairs[stream.Pair] == 0)
            _pairs.Remove(stream.Pair);
    }

    private bool MayAsk(Did asker, long now)
    {
        if (!_askers.TryGetValue(asker, out var budget))
        {
            if (_askers.Count >= limits.MaxAskers)
                ForgetIdle(now);
            if (_askers.Count >= limits.MaxAskers)
                return false;
            _askers[asker] = budget = new Asker(limits, now);
        }

        budget.LastAsked = now;
        return budget.Requests.TryTake(now);
    }

    /// <summary>Those who have nothing here and would have their whole budget again.</summary>
    private void ForgetIdle(long now)
    {
        long refill = 1000L * limits.RequestBurst / limits.RequestsPerSecond;
        foreach (var (did, _) in _askers.Where(a => a.Value.Streams == 0 && now - a.Value.LastAsked >= refill).ToList())
            _askers.Remove(did);
    }

    private sealed class Asker(RelayLimits limits, long now)
    {
        public TokenBucket Requests = new(limits.RequestBurst, limits.RequestsPerSecond, now);

        public long LastAsked { get; set; } = now;

        public int Streams { get; set; }
    }
}
