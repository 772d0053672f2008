using Google.Protobuf;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol;

/// <summary>Limits of what peers may tell about other peers.</summary>
internal sealed record RecordLimits
{
    /// <summary>Records kept.</summary>
    public int MaxRecords { get; init; } = 4096;

    /// <summary>Signatures of records that one teller may make this node check at once.</summary>
    public int CheckBurst { get; init; } = 512;

    /// <summary>How fast that budget comes back.</summary>
    public int ChecksPerSecond { get; init; } = 64;

    /// <summary>How long news is gathered before it is passed on: 200 ms.</summary>
    public long GossipMilliseconds { get; init; } = 200;

    /// <summary>The same for the return of a peer, which seldom is news to anybody: 5 seconds.</summary>
    public long ReturnMilliseconds { get; init; } = 5_000;

    /// <summary>Peers that news is passed on to. Of a mesh where everyone does so, one in e^16 (9 million) is left out.</summary>
    public int Fanout { get; init; } = 16;
}

/// <summary>Pass <paramref name="Records"/> on to the peer whose session is on <paramref name="Link"/>.</summary>
internal sealed record SendRecords(long Link, IReadOnlyList<SignedPeerRecord> Records) : NodeAction;

/// <summary>
/// Who lives where, in the words of each subject: the newest record of every peer. A newcomer is told of the peers that are connected
/// now, so that no address outlives its node. News is passed on once, to some peers picked at random: whoever hears it does the
/// same, so it reaches everyone at a cost that grows with the number of nodes, not with the number of their sessions.
/// </summary>
internal sealed class RecordBook(PeerKey self, RecordLimits limits, Func<double> random)
{
    private readonly Dictionary<PeerKey, Entry> _records = [];
    private readonly Dictionary<ByteString, SignedPeerRecord> _bySignature = [];
    private readonly List<Entry> _news = [];
    private SignedPeerRecord? _own;

    private sealed class Entry(PeerRecord record, SignedPeerRecord signed, long teller)
    {
        public PeerRecord Record { get; } = record;

        public SignedPeerRecord Signed { get; } = signed;

        public long Teller { get; } = teller;
    }

    /// <summary>When <see cref="TakeNews"/> has something to pass on; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextDue { get; private set; } = long.MaxValue;

    public void SetOwn(SignedPeerRecord own) => _own = own;

    /// <summary>Whether exactly this is held already. Most of what a full mesh tells is: it must cost next to nothing.</summary>
    public bool Holds(SignedPeerRecord signed) => _bySignature.TryGetValue(signed.Signature, out var held) && held.Record == signed.Record;

    /// <summary>Whether a record with this subject and sequence would be news; asked before its signature is checked.</summary>
    public bool IsNews(PeerKey subject, ulong sequence) =>
        subject.Did != self.Did && (!_records.TryGetValue(subject, out var known) || known.Record.Sequence < sequence);

    /// <summary>The newest record of such a peer; null if there is none.</summary>
    public PeerRecord? Find(Func<PeerKey, bool> which) =>
        _records.Values.Where(entry => which(entry.Record.Peer)).MaxBy(static entry => entry.Record.Sequence)?.Record;

    public bool Knows(PeerKey subject) => _records.ContainsKey(subject);

    /// <summary>Keeps a verified record; false when there is no room.</summary>
    public bool Learn(PeerRecord record, SignedPeerRecord signed, long teller, DateTimeOffset wallNow, long now)
    {
        if (_records.Count >= limits.MaxRecords && !Knows(record.Peer))
            ForgetExpired(wallNow);
        if (_records.Count >= limits.MaxRecords && !Knows(record.Peer))
            return false;

        if (_records.TryGetValue(record.Peer, out var older))
            _bySignature.Remove(older.Signed.Signature);
        var entry = new Entry(record, signed, teller);
        _records[record.Peer] = entry;
        _bySignature[signed.Signature] = signed;
        AddNews(entry, now + limits.GossipMilliseconds);
        return true;
    }

    /// <summary>
    /// A peer has come, or come back: that is news even if its record is not, to those that came while it was away and could not be
    /// told of it.
    /// </summary>
    public void OnUp(PeerKey peer, long now)
    {
        if (_records.TryGetValue(peer, out var entry))
            AddNews(entry, now + limits.ReturnMilliseconds);
    }

    /// <summary>What is known of <paramref name="peer"/> has led nowhere: whoever tells it again tells news.</summary>
    public void Forget(PeerKey peer)
    {
        if (_records.Remove(peer, out var entry))
            _bySignature.Remove(entry.Signed.Signature);
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

    /// <summary>What has been learnt since the last call, for those of <paramref name="links"/> that this node passes it on to.</summary>
    public IReadOnlyList<SendRecords> TakeNews(IReadOnlyList<(PeerKey Peer, long Link)> links)
    {
        var news = _news.Where(n => _records.GetValueOrDefault(n.Record.Peer) == n).Distinct().ToArray();
        _news.Clear();
        NextDue = long.MaxValue;

        var sent = new List<SendRecords>();
        int first = links.Count > limits.Fanout ? (int)(random() * links.Count) : 0;
        for (int i = 0; i < Math.Min(limits.Fanout, links.Count); i++)
        {
            var (peer, link) = links[(first + i) % links.Count];
            var records = news.Where(n => n.Teller != link && n.Record.Peer != peer).Select(n => n.Signed).ToArray();
            if (records.Length > 0)
                sent.Add(new SendRecords(link, records));
        }

        return sent;
    }

    private void AddNews(Entry entry, long due)
    {
        _news.Add(entry);
        NextDue = Math.Min(NextDue, due);
    }

    private void ForgetExpired(DateTimeOffset wallNow)
    {
        foreach (var (peer, _) in _records.Where(r => r.Value.Record.ExpiresAt <= wallNow).ToList())
            Forget(peer);
    }
}
