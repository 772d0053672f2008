using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol;

/// <summary>Limits of what peers may tell about other peers.</summary>
internal sealed record RecordLimits
{
    /// <summary>Records kept.</summary>
    public int MaxRecords { get; init; } = 4096;

    /// <summary>Signatures of records that one teller may make this node check at once.</summary>
    public int CheckBurst { get; init; } = 4096;

    /// <summary>How fast that budget comes back.</summary>
    public int ChecksPerSecond { get; init; } = 64;

    /// <summary>How long news is gathered before it is passed on: 200 ms.</summary>
    public long GossipMilliseconds { get; init; } = 200;
}

/// <summary>Pass <paramref name="Records"/> on to the peer whose session is on <paramref name="Link"/>.</summary>
internal sealed record SendRecords(long Link, IReadOnlyList<SignedPeerRecord> Records) : NodeAction;

/// <summary>
/// Who lives where, in the words of each subject: the newest record of every peer, passed on once when it is news. A
/// newcomer is told of the peers that are connected now, so that no address outlives its node.
/// </summary>
internal sealed class RecordBook(PeerKey self, RecordLimits limits)
{
    private readonly Dictionary<PeerKey, Entry> _records = [];
    private readonly List<Entry> _news = [];
    private SignedPeerRecord? _own;

    private sealed record Entry(PeerRecord Record, SignedPeerRecord Signed, long Teller);

    /// <summary>When <see cref="TakeNews"/> has something to pass on; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextDue { get; private set; } = long.MaxValue;

    public int Count => _records.Count;

    public void SetOwn(SignedPeerRecord own) => _own = own;

    /// <summary>Whether a record with this subject and sequence would be news; asked before its signature is checked.</summary>
    public bool IsNews(PeerKey subject, ulong sequence) =>
        subject.Did != self.Did && (!_records.TryGetValue(subject, out var known) || known.Record.Sequence < sequence);

    /// <summary>Keeps a verified record; false when there is no room.</summary>
    public bool Learn(PeerRecord record, SignedPeerRecord signed, long teller, DateTimeOffset wallNow, long now)
    {
        if (_records.Count >= limits.MaxRecords && !_records.ContainsKey(record.Peer))
            Forget(wallNow);
        if (_records.Count >= limits.MaxRecords && !_records.ContainsKey(record.Peer))
            return false;

        var entry = new Entry(record, signed, teller);
        _records[record.Peer] = entry;
        _news.Add(entry);
        NextDue = Math.Min(NextDue, now + limits.GossipMilliseconds);
        return true;
    }

    /// <summary>What a new peer is told: this node's own record, and those of the peers that are connected.</summary>
    public IReadOnlyList<SignedPeerRecord> ForNewcomer(PeerKey newcomer, IEnumerable<PeerKey> connected)
    {
        var records = new List<SignedPeerRecord>();
        if (_own is not null)
            records.Add(_own);
        foreach (var peer in connected)
        {
            if (peer != newcomer && _records.TryGetValue(peer, out var entry))
                records.Add(entry.Signed);
        }

        return records;
    }

    /// <summary>What has been learnt since the last call, for each of <paramref name="links"/> that may not know it yet.</summary>
    public IEnumerable<SendRecords> TakeNews(IReadOnlyList<(PeerKey Peer, long Link)> links)
    {
        var news = _news.ToArray();
        _news.Clear();
        NextDue = long.MaxValue;

        foreach (var (peer, link) in links)
        {
            var records = news.Where(n => n.Teller != link && n.Record.Peer != peer && _records.GetValueOrDefault(n.Record.Peer) == n)
                .Select(n => n.Signed).ToArray();
            if (records.Length > 0)
                yield return new SendRecords(link, records);
        }
    }

    public void Forget(DateTimeOffset wallNow)
    {
        foreach (var (peer, entry) in _records.Where(r => r.Value.Record.ExpiresAt <= wallNow).ToList())
            _records.Remove(peer);
    }
}
