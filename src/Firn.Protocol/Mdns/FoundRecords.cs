namespace Firn.Protocol;

/// <summary>
/// What is known of one name and type: a few records that expire, and when to ask for them next. Asked for four times when there are none,
/// and, as long as somebody cares, at 80, 85, 90 and 95 % of their time (RFC 6762, section 5.2).
/// </summary>
internal sealed class FoundRecords(int capacity)
{
    private const int Tries = 4;
    private const long FlushMilliseconds = 1_000;   // RFC 6762, sections 10.1 and 10.2

    private readonly List<Held> _held = [];
    private int _asked;
    private long _askedAt;

    /// <summary>When to ask; not at all by default.</summary>
    public long NextAsk { get; private set; } = long.MaxValue;

    /// <summary>When the next record expires.</summary>
    public long NextExpiry { get; private set; } = long.MaxValue;

    public bool IsEmpty => _held.Count == 0;

    /// <summary>When it is clear that nothing comes, however often it is asked for; never while that is open.</summary>
    public long GivenUpAt => IsEmpty && _asked >= Tries ? _askedAt + FlushMilliseconds : long.MaxValue;

    public DnsRecord? First => _held.Count == 0 ? null : _held[0].Record;

    public IEnumerable<DnsRecord> Records => _held.Select(static h => h.Record);

    /// <summary>Whether <paramref name="record"/> is there and has more than half of its time left.</summary>
    public bool IsFresh(DnsRecord record, long now) => _held.Exists(h => h.Record.HasDataOf(record) && now < h.Until - (h.Lifetime / 2));

    /// <summary>Seconds that are left of it.</summary>
    public uint SecondsLeft(DnsRecord record, long now) =>
        _held.Find(h => h.Record == record) is { } held ? (uint)Math.Max(0, (held.Until - now) / 1000) : 0;

    /// <summary>Takes a record that came; true if what is known has changed, in another way than by time.</summary>
    public bool Apply(DnsRecord record, long now)
    {
        if (record.IsUnique && record.Ttl > 0)
        {
            foreach (var other in _held.Where(h => !h.Record.HasDataOf(record) && h.ReceivedAt < now - FlushMilliseconds))
                other.Until = Math.Min(other.Until, now + FlushMilliseconds);
        }

        var held = _held.Find(h => h.Record.HasDataOf(record));
        if (record.Ttl == 0)
        {
            if (held is not null)
                held.Until = Math.Min(held.Until, now + FlushMilliseconds);
            Reckon();
            return false;
        }

        bool isNew = held is null;
        if (held is null)
        {
            if (_held.Count == capacity)
                _held.Remove(_held.MinBy(static h => h.Until)!);
            _held.Add(held = new Held());
        }

        held.Record = record;
        held.ReceivedAt = now;
        held.Lifetime = Math.Min(record.Ttl, MdnsNames.OtherTtl) * 1000L;
        held.Until = now + held.Lifetime;
        _asked = 0;
        NextAsk = long.MaxValue;
        Reckon();
        return isNew;
    }

    /// <summary>Drops what has had its time; true if something had.</summary>
    public bool Expire(long now)
    {
        if (now < NextExpiry)
            return false;

        _held.RemoveAll(h => h.Until <= now);
        Reckon();
        return true;
    }

    /// <summary>Somebody cares: ask at <paramref name="soon"/> if there is nothing, else in time before it expires.</summary>
    public void Want(long soon, Func<double> random)
    {
        if (NextAsk != long.MaxValue || _asked >= Tries)
            return;
        NextAsk = IsEmpty ? soon : RefreshAt(random);
    }

    /// <summary>Nobody cares any more.</summary>
    public void Release() => (NextAsk, _asked) = (long.MaxValue, 0);

    /// <summary>It was asked for, by this node or by another.</summary>
    public void OnAsked(long now, Func<double> random)
    {
        _asked++;
        _askedAt = now;
        if (_asked >= Tries)
            NextAsk = long.MaxValue;
        else
            NextAsk = IsEmpty ? now + (1_000L << (_asked - 1)) : Math.Max(now + 1_000, RefreshAt(random));
    }

    private void Reckon() => NextExpiry = _held.Count == 0 ? long.MaxValue : _held.Min(static h => h.Until);

    private long RefreshAt(Func<double> random)
    {
        var first = _held.MinBy(static h => h.Until)!;
        return first.Until - first.Lifetime + (long)(first.Lifetime * (0.80 + (0.05 * _asked) + (0.02 * random())));
    }

    private sealed class Held
    {
        public DnsRecord Record = null!;
        public long ReceivedAt;
        public long Lifetime;
        public long Until;
    }
}
