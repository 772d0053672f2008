using System.Net;

namespace Firn.Protocol;

/// <summary>What of this node's own is in dispute.</summary>
internal enum MdnsConflict
{
    None,

    /// <summary>Another holds the name of the instance.</summary>
    Instance,

    /// <summary>Another holds the name of the host.</summary>
    Host,
}

/// <summary>
/// The records of this node on one link: claims their names, announces them, answers for them, takes them back (RFC 6762, sections 6 to 10).
/// </summary>
/// <param name="random">Random numbers of [0, 1).</param>
/// <param name="isOurs">Whether a record is one of this node's on any of its links, which may be one and the same cable.</param>
/// <param name="send">Takes a packet; to all, if no address is given.</param>
internal sealed partial class MdnsResponder(Func<double> random, Func<DnsRecord, bool> isOurs, Action<byte[], IPEndPoint?> send)
{
    private const long ProbeMilliseconds = 250, LostMilliseconds = 1_000;
    private const int Probes = 3, Announcements = 3;
    private const uint LegacyTtl = 10;   // RFC 6762, section 6.7

    private List<ShownRecord> _records = [];
    private HashSet<DnsName> _uniqueNames = [];
    private List<DnsRecord> _withdrawn = [];
    private ResponderState _state;
    private int _step;
    private bool _wasAnnounced;
    private long _due = long.MaxValue;

    private enum ResponderState
    {
        Silent,
        Probing,
        Announcing,
        Settled,
    }

    public long NextDue => Math.Min(_due, _pending.Count == 0 ? long.MaxValue : _pending.Values.Min(static p => p.Due));

    public IReadOnlyList<ShownRecord> Records => _records;

    /// <summary>Whether the names are this node's, as far as is known.</summary>
    public bool HasNames => _state is ResponderState.Announcing or ResponderState.Settled;

    /// <summary>Claims the names of <paramref name="records"/>, from <paramref name="from"/> on: asks whether another has them, then announces.</summary>
    public void Claim(List<ShownRecord> records, long from)
    {
        _wasAnnounced = false;
        Take(records);
        _withdrawn = [];
        _pending.Clear();
        if (records.Count == 0)
            (_state, _due) = (ResponderState.Silent, long.MaxValue);
        else
            Probe(from + (long)(random() * ProbeMilliseconds));
    }

    /// <summary>Asks again for the names that it has.</summary>
    public void ClaimAgain(long from)
    {
        bool wasAnnounced = _wasAnnounced;
        Claim(_records, from);
        _wasAnnounced = wasAnnounced;
    }

    /// <summary>Other data under the same names: announced, in place of what was said before (RFC 6762, section 8.4).</summary>
    public void Change(List<ShownRecord> records, long now)
    {
        var (before, said) = (_records, HasNames);
        Take(records);
        _pending.Clear();
        if (!said)
            return;

        foreach (var old in before)
        {
            if (records.Find(r => r.Record.SaysTheSameAs(old.Record)) is { } same)
                same.MulticastAt = old.MulticastAt;
            else if (!old.IsDenial && !records.Exists(r => r.Record.IsUnique && r.Record.Type == old.Record.Type && r.Record.Name.Equals(old.Record.Name)))
                _withdrawn.Add(old.Record.WithTtl(0));
        }

        Announce(before.Exists(r => r.WasMulticastWithin(LostMilliseconds, now)) ? now + LostMilliseconds : now);
    }

    /// <summary>Takes back what was announced, while its names are claimed again, too (RFC 6762, section 10.1).</summary>
    public void SayGoodbye()
    {
        if (!HasNames && !_wasAnnounced)
            return;

        // That the type exists may be true of others, too.
        SendResponse([.. _records.Where(static r => !r.IsDenial && !r.Record.Name.Equals(MdnsNames.Types)).Select(static r => r.Record.WithTtl(0))], []);
        (_state, _due, _wasAnnounced) = (ResponderState.Silent, long.MaxValue, false);
        _pending.Clear();
    }

    /// <summary>Sends what is due.</summary>
    public void Tick(long now)
    {
        if (_due <= now)
        {
            if (_state == ResponderState.Probing && _step == Probes)
                Announce(now);
            if (_state == ResponderState.Probing)
                SendProbe(now);
            else
                SendAnnouncement(now);
        }

        SendAnswers(now);
    }

    /// <summary>
    /// Another's response. What it says of a name of this node's is a conflict, unless it is the same; what it says as well need not be said
    /// again; what it wrongly takes back is.
    /// </summary>
    public MdnsConflict OnResponse(DnsMessage response, long now)
    {
        if (_state == ResponderState.Silent)
            return MdnsConflict.None;

        foreach (var said in response.Answers.Concat(response.Additionals))
        {
            if (_records.Find(r => r.Record.SaysTheSameAs(said)) is { } own)
                OnRepeated(own, said, now);
            else if (IsConflict(said))
                return said.Name.Equals(HostName) ? MdnsConflict.Host : MdnsConflict.Instance;
        }

        return MdnsConflict.None;
    }

    private DnsName? HostName => _records.Find(static r => r.Record.Type == DnsType.Srv)?.Record.Target;

    private bool IsConflict(DnsRecord said) =>
        _uniqueNames.Contains(said.Name) && said.Ttl > 0 && said.Type != DnsType.Nsec && !isOurs(said)
        && (_state == ResponderState.Probing || _records.Exists(r => r.Record.Type == said.Type && r.Record.Name.Equals(said.Name)));

    private void OnRepeated(ShownRecord own, DnsRecord said, long now)
    {
        if (said.Ttl >= own.Record.Ttl)
            _pending.Remove(own);   // RFC 6762, section 7.4
        else if (said.Ttl < own.Record.Ttl / 2 && HasNames)
            Postpone(own, SharedDelay(now), asker: null);   // section 6.6
    }

    private void Take(List<ShownRecord> records)
    {
        _records = records;
        _uniqueNames = [.. records.Where(static r => r.Record.IsUnique).Select(static r => r.Record.Name)];
    }

    private void Probe(long due) => (_state, _step, _due) = (ResponderState.Probing, 0, due);

    private void Announce(long due) => (_state, _step, _due) = (ResponderState.Announcing, 0, due);

    /// <summary>
    /// Who probes at the same time with greater data wins, and this node waits a second: if the winner is no ghost, it will answer then
    /// (RFC 6762, section 8.2).
    /// </summary>
    private void OnProbeOfAnother(DnsMessage probe, long now)
    {
        foreach (var name in _uniqueNames)
        {
            List<DnsRecord> theirs = [.. probe.Authorities.Where(r => r.Name.Equals(name))];
            if (theirs.Count == 0)
                continue;

            int order = ProbeOrder.Compare([.. Claimed.Where(r => r.Name.Equals(name))], theirs);
            if (order < 0 && !theirs.TrueForAll(r => isOurs(r)))
            {
                Probe(now + LostMilliseconds);
                return;
            }
        }
    }

    private IEnumerable<DnsRecord> Claimed => _records.Where(static r => r.Record.IsUnique && !r.IsDenial).Select(static r => r.Record);

    /// <summary>
    /// Without asking for an answer to this node alone: on a machine where several programs share the port, it would reach one of them
    /// (RFC 6762, section 15.1).
    /// </summary>
    private void SendProbe(long now)
    {
        var writer = new DnsWriter();
        foreach (var name in _uniqueNames)
            writer.TryAdd(new DnsQuestion(name, DnsType.Any));
        foreach (var record in Claimed)
            writer.TryAdd(DnsSection.Authority, record.WithTtl(record.Ttl, isUnique: false));
        send(writer.ToMessage(isResponse: false), null);
        _step++;
        _due = now + ProbeMilliseconds;
    }

    private void SendAnnouncement(long now)
    {
        var announced = _records.Where(static r => !r.IsDenial).ToList();
        SendResponse([.. announced.Select(static r => r.Record), .. _withdrawn], []);
        _wasAnnounced = true;
        foreach (var own in announced)
        {
            own.MulticastAt = now;
            _pending.Remove(own);
        }

        _step++;
        if (_step < Announcements)
        {
            _due = now + (1_000L << (_step - 1));
            return;
        }

        _withdrawn = [];
        (_state, _due) = (ResponderState.Settled, long.MaxValue);
    }

    private void SendResponse(IReadOnlyList<DnsRecord> answers, IReadOnlyList<DnsRecord> additionals)
    {
        for (int sent = 0; sent < answers.Count;)
        {
            var writer = new DnsWriter();
            int before = sent;
            while (sent < answers.Count && writer.TryAdd(DnsSection.Answer, answers[sent]))
                sent++;
            if (sent == before)
                return;   // larger than a packet: none of this node's is
            if (sent == answers.Count)
            {
                foreach (var record in additionals)
                    writer.TryAdd(DnsSection.Additional, record);
            }

            send(writer.ToMessage(isResponse: true), null);
        }
    }
}
