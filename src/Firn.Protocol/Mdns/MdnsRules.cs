using System.Net;

namespace Firn.Protocol;

/// <summary>A node may be at these addresses; null: it is gone.</summary>
internal sealed record MdnsSighting(string Key, Did Did, IReadOnlyList<NodeAddress>? Addresses);

/// <summary>
/// All of a node's multicast DNS (RFC 6762) and service discovery (RFC 6763): links, packets and time in, packets and sightings out. It has no
/// socket, clock or lock. What it finds is a hint where to dial and no more.
/// </summary>
internal sealed class MdnsRules
{
    /// <summary>Addresses of one sighting.</summary>
    public const int MaxAddresses = 8;

    // RFC 6762, section 8.1: after 15 conflicts within 10 s, one attempt in 5 s.
    private const int ConflictsAtOnce = 15;
    private const long ConflictMilliseconds = 10_000, ConflictPauseMilliseconds = 5_000;

    private readonly NodeName _name;
    private readonly Did _did;
    private readonly Func<double> _random;
    private readonly Dictionary<MdnsLinkId, MdnsZone> _zones = [];
    private readonly Dictionary<string, IReadOnlyList<NodeAddress>> _sighted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Did>> _didsOf = new(StringComparer.Ordinal);
    private readonly Queue<long> _conflicts = [];
    private List<MdnsPacket> _packets = [];
    private List<MdnsSighting> _sightings = [];
    private DiscoveryJudge _judge;
    private byte[] _text;
    private int _instanceNumber = 1;
    private int _hostNumber = 1;

    /// <param name="name">The node's name, which its instance shows.</param>
    /// <param name="did">The node's key.</param>
    /// <param name="judge">Whom it wants to meet, and what it says of itself; the caller's to dispose of.</param>
    /// <param name="random">Random numbers of [0, 1).</param>
    public MdnsRules(NodeName name, Did did, DiscoveryJudge judge, Func<double> random)
    {
        (_name, _did, _judge, _random) = (name, did, judge, random);
        _text = judge.OwnText.ToBytes();
    }

    /// <summary>When <see cref="Tick"/> has something to do next.</summary>
    public long NextDue => _zones.Count == 0 ? long.MaxValue : _zones.Values.Min(static z => z.NextDue);

    /// <summary>The label under which the node shows itself now.</summary>
    public string InstanceLabel => MdnsNames.InstanceLabel(_name, _instanceNumber);

    public IEnumerable<MdnsZone> Zones => _zones.Values;

    /// <summary>What the calls since the last one want sent, in order.</summary>
    public IReadOnlyList<MdnsPacket> TakePackets() => Take(ref _packets);

    /// <summary>What has changed about who is where since the last call.</summary>
    public IReadOnlyList<MdnsSighting> TakeSightings() => Take(ref _sightings);

    /// <summary>These links are usable, and no others: a new one is begun with, one that is gone forgotten, another look is announced.</summary>
    public void SetLinks(IReadOnlyList<MdnsLink> links, long now)
    {
        var before = _zones.Values.Select(static z => z.Link).ToDictionary(static l => l.Id);
        foreach (var gone in before.Keys.Except(links.Select(static l => l.Id)))
            _zones.Remove(gone);
        foreach (var link in links)
        {
            if (_zones.TryGetValue(link.Id, out var zone))
                zone.Link = link;
            else
                _zones[link.Id] = new MdnsZone(link, TypesToBrowse(links), _random, IsOurs, text => _judge.IsWanted(text), packet => _packets.Add(packet), now);
        }

        foreach (var zone in _zones.Values)
        {
            if (!before.TryGetValue(zone.Link.Id, out var known))
                Begin(zone, now);
            else if (!zone.Link.ShowsTheSameAs(known))
                Show(zone, known, now);
        }

        Compare(_didsOf.Keys.ToList());
    }

    /// <summary>Another day, or other cookies: what this node says of itself, and whom it wants to meet.</summary>
    public void SetJudge(DiscoveryJudge judge, long now)
    {
        _judge = judge;
        byte[] text = judge.OwnText.ToBytes();
        bool isChanged = !text.AsSpan().SequenceEqual(_text);
        _text = text;
        foreach (var zone in _zones.Values)
        {
            if (isChanged)
                zone.Responder.Change(RecordsOf(zone), now);
            zone.Browser.Rejudge(now);
        }

        CompareChanged();
    }

    /// <summary>Looks again who is wanted: somebody may have become known.</summary>
    public void Rejudge(long now)
    {
        foreach (var zone in _zones.Values)
            zone.Browser.Rejudge(now);
        CompareChanged();
    }

    /// <summary>A packet came in on a link; <paramref name="isMulticast"/>: to the group, not to this node alone.</summary>
    public void Receive(MdnsLinkId link, ReadOnlySpan<byte> datagram, IPEndPoint source, bool isMulticast, long now)
    {
        if (!_zones.TryGetValue(link, out var zone))
            return;

        var conflict = zone.Receive(datagram, source, isMulticast, now);
        if (conflict != MdnsConflict.None)
            OnConflict(zone, conflict, now);
        CompareChanged();
    }

    /// <summary>Does what is due at <paramref name="now"/>.</summary>
    public void Tick(long now)
    {
        foreach (var zone in _zones.Values)
            zone.Tick(now);
        CompareChanged();
    }

    /// <summary>The node stops: takes back what it has announced.</summary>
    public void SayGoodbye(long now)
    {
        foreach (var zone in _zones.Values)
            zone.SayGoodbye(now);
    }

    /// <summary>What listens on QUIC also dials it; TCP is dialled by all.</summary>
    private static IReadOnlyList<DnsName> TypesToBrowse(IReadOnlyList<MdnsLink> links) =>
        links.Any(static l => l.Services.Any(static s => s.Type.Equals(MdnsNames.Udp))) ? [MdnsNames.Tcp, MdnsNames.Udp] : [MdnsNames.Tcp];

    private void Begin(MdnsZone zone, long now)
    {
        zone.Responder.Claim(RecordsOf(zone), now);
        zone.Browser.Start(now);
    }

    private void Show(MdnsZone zone, MdnsLink before, long now)
    {
        if (zone.Link.Services.SequenceEqual(before.Services))
        {
            zone.Responder.Change(RecordsOf(zone), now);
            return;
        }

        zone.SayGoodbye(now);
        zone.Responder.Claim(RecordsOf(zone), now);
    }

    /// <summary>
    /// One that has its names claims them again, since the other may be gone; one that is about to claim them takes others, on all links
    /// (RFC 6762, sections 8.1 and 9).
    /// </summary>
    private void OnConflict(MdnsZone zone, MdnsConflict conflict, long now)
    {
        long from = now + PauseAfterConflict(now);
        if (zone.Responder.HasNames)
        {
            zone.Responder.ClaimAgain(from);
            return;
        }

        if (conflict == MdnsConflict.Instance)
            _instanceNumber++;
        else
            _hostNumber++;
        foreach (var each in _zones.Values)
            each.Responder.Claim(RecordsOf(each), from);
    }

    private long PauseAfterConflict(long now)
    {
        _conflicts.Enqueue(now);
        if (_conflicts.Count > ConflictsAtOnce)
            _conflicts.Dequeue();
        return _conflicts.Count == ConflictsAtOnce && _conflicts.Peek() > now - ConflictMilliseconds ? ConflictPauseMilliseconds : 0;
    }

    private List<ShownRecord> RecordsOf(MdnsZone zone) =>
        ShownRecord.All(InstanceLabel, MdnsNames.HostLabel(_did, _hostNumber), _text, zone.Link);

    private bool IsOurs(DnsRecord record) =>
        _zones.Values.Any(zone => zone.Responder.Records.Any(own => own.Record.SaysTheSameAs(record)));

    private void CompareChanged() => Compare([.. _zones.Values.SelectMany(static z => z.Browser.TakeChanged()).Distinct(StringComparer.Ordinal)]);

    /// <summary>Tells what is new about the instances of these labels. The same label may be another node's on another link.</summary>
    private void Compare(IReadOnlyList<string> labels)
    {
        foreach (string label in labels)
        {
            var places = _zones.Values.SelectMany(zone => zone.Browser.Find(label).Select(place => (zone.Link, place))).ToList();
            var dids = places.Select(static p => p.place.Did).ToHashSet();
            foreach (var did in dids.Union(_didsOf.GetValueOrDefault(label, [])))
                Tell($"{label} {did}", did, AddressesOf([.. places.Where(p => p.place.Did == did)]));
            if (dids.Count > 0)
                _didsOf[label] = dids;
            else
                _didsOf.Remove(label);
        }
    }

    private void Tell(string key, Did did, IReadOnlyList<NodeAddress> addresses)
    {
        var known = _sighted.GetValueOrDefault(key, []);
        if (addresses.SequenceEqual(known))
            return;

        if (addresses.Count > 0)
            _sighted[key] = addresses;
        else
            _sighted.Remove(key);
        _sightings.Add(new MdnsSighting(key, did, addresses.Count > 0 ? addresses : null));
    }

    private static IReadOnlyList<NodeAddress> AddressesOf(List<(MdnsLink Link, MdnsPlace Place)> places) =>
    [
        .. places.SelectMany(static p => p.Place.Addresses.Select(a => (Address: SightedAddress.For(a, p.Link, p.Place), Rank: SightedAddress.Rank(a, p.Link))))
            .Where(static a => a.Address is not null)
            .OrderBy(static a => a.Rank).ThenBy(static a => a.Address!.ToString(), StringComparer.Ordinal)
            .Select(static a => a.Address!)
            .Distinct()
            .Take(MaxAddresses),
    ];

    private static List<T> Take<T>(ref List<T> list)
    {
        var taken = list;
        list = [];
        return taken;
    }
}
