using System.Net;

namespace Firn.Protocol;

/// <summary>
/// Looks for nodes on one link: asks, listens to what others ask and are told, and keeps what is worth it until it expires. All of it is
/// bounded: strangers, who come in masses, are counted and make room for nodes that are wanted.
/// </summary>
/// <param name="types">The types of services to look for.</param>
/// <param name="random">Random numbers of [0, 1).</param>
/// <param name="isWanted">Whether a node that says this of itself is worth a dial.</param>
/// <param name="isOwn">Whether an instance of this name is this node.</param>
/// <param name="send">Takes a packet to all.</param>
internal sealed partial class MdnsBrowser(
    IReadOnlyList<DnsName> types, Func<double> random, Func<ServiceText, bool> isWanted, Func<DnsName, bool> isOwn, Action<byte[]> send)
{
    /// <summary>Instances that are known at a time, wanted or not.</summary>
    public const int MaxInstances = 1024;

    // Of one packet: more texts than a node has are no node's.
    private const int MaxJudged = 16;
    private const int NewcomersAtOnce = 128, NewcomersPerSecond = 16;

    private readonly Dictionary<DnsName, FoundInstance> _instances = [];
    private readonly Dictionary<DnsName, FoundHost> _hosts = [];
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private TokenBucket _newcomers = new(NewcomersAtOnce, NewcomersPerSecond, now: 0);

    public int Count => _instances.Count;

    public int HostCount => _hosts.Count;

    /// <summary>The labels of instances of which something has changed since the last call.</summary>
    public IReadOnlyList<string> TakeChanged()
    {
        string[] changed = [.. _changed];
        _changed.Clear();
        return changed;
    }

    /// <summary>Where the wanted instances of this label are; one without a place is left out.</summary>
    public IEnumerable<MdnsPlace> Find(string label)
    {
        foreach (var type in types)
        {
            if (_instances.TryGetValue(type.Below(label), out var found) && found.Label == label && PlaceOf(found) is { } place)
                yield return place;
        }
    }

    /// <summary>Another's response. True if it told of a node that is wanted.</summary>
    public bool OnResponse(DnsMessage response, long now)
    {
        var records = response.Answers.Concat(response.Additionals).ToList();
        var texts = Judge(records);
        foreach (var pointer in records.Where(r => r.Type == DnsType.Ptr && types.Contains(r.Name)))
            OnPointer(pointer, texts, now);

        foreach (var record in records.Where(static r => r.Type is DnsType.Srv or DnsType.Txt))
        {
            if (_instances.TryGetValue(record.Name, out var instance))
                OnRecord(instance, record, texts, now);
        }

        foreach (var name in records.Select(static r => r is { Type: DnsType.Ptr, Target: { } target } ? target : r.Name).Distinct())
        {
            if (_instances.TryGetValue(name, out var instance))
                Care(instance, now);
        }

        foreach (var record in records.Where(static r => r.Type is DnsType.A or DnsType.Aaaa))
        {
            if (!_hosts.TryGetValue(record.Name, out var host))
                continue;
            if ((record.Type == DnsType.A ? host.V4 : host.V6).Apply(record, now))
                Changed(record.Name);
            Care(host, now);
        }

        return texts.Values.Any(static t => t.IsWanted);
    }

    /// <summary>Whom this node wants to meet has changed.</summary>
    public void Rejudge(long now)
    {
        foreach (var instance in _instances.Values)
        {
            bool wanted = instance.Said is { } said && isWanted(said);
            if (wanted != instance.IsWanted)
                _changed.Add(instance.Label);
            instance.IsWanted = wanted;
            Care(instance, now);
        }

        DropHosts();
        Reckon();
    }

    /// <summary>
    /// Reads the texts of a message once. What is known already is not read again, and of many the rest is passed over: what a text costs is
    /// what a stranger can make this node spend.
    /// </summary>
    private Dictionary<DnsName, Verdict> Judge(List<DnsRecord> records)
    {
        var verdicts = new Dictionary<DnsName, Verdict>();
        foreach (var text in records.Where(r => r is { Type: DnsType.Txt, Ttl: > 0 } && types.Any(r.Name.IsChildOf)))
        {
            if (verdicts.Count == MaxJudged)
                break;
            if (_instances.TryGetValue(text.Name, out var known) && known.Text.First is { } held && held.HasDataOf(text))
                verdicts[text.Name] = new Verdict(known.Said, known.IsWanted);
            else if (ServiceText.TryRead(text.Data.Span, out var said))
                verdicts[text.Name] = new Verdict(said, isWanted(said));
            else
                verdicts[text.Name] = default;
        }

        return verdicts;
    }

    private void OnPointer(DnsRecord pointer, Dictionary<DnsName, Verdict> texts, long now)
    {
        var name = pointer.Target!;
        if (_instances.TryGetValue(name, out var known))
        {
            known.SaidGoodbye = pointer.Ttl == 0;
            known.Pointer.Apply(pointer, now);
            return;
        }

        if (pointer.Ttl == 0 || isOwn(name) || !name.IsChildOf(pointer.Name) || !name.TryGetFirstText(out var label))
            return;

        bool comesWanted = texts.TryGetValue(name, out var verdict) && verdict.IsWanted;
        if (!comesWanted && !_newcomers.TryTake(now))
            return;
        if (_instances.Count >= MaxInstances && !MakeRoom())
            return;

        var instance = new FoundInstance(name, pointer.Name, label);
        instance.Pointer.Apply(pointer, now);
        _instances[name] = instance;
    }

    private void OnRecord(FoundInstance instance, DnsRecord record, Dictionary<DnsName, Verdict> texts, long now)
    {
        if (record.Type == DnsType.Srv)
        {
            if (!instance.Service.Apply(record, now))
                return;
            _changed.Add(instance.Label);
            if (instance.IsWanted)
                DropHosts();
        }
        else if (record.Ttl == 0 || texts.ContainsKey(instance.Name))
        {
            if (!instance.Text.Apply(record, now))
                return;
            _changed.Add(instance.Label);
            (instance.Said, instance.IsWanted) = texts.TryGetValue(instance.Name, out var verdict) ? (verdict.Said, verdict.IsWanted) : (null, false);
        }
    }

    /// <summary>Sees to it that what is worth knowing of an instance is asked for in time, and nothing else.</summary>
    private void Care(FoundInstance instance, long now)
    {
        long soon = now + 20 + (long)(random() * 100);
        if (instance.Text.IsEmpty || instance.IsWanted)
            instance.Text.Want(soon, random);
        else
            instance.Text.Release();

        if (instance.IsWanted)
        {
            instance.Pointer.Want(soon, random);
            instance.Service.Want(soon, random);
        }
        else
        {
            instance.Pointer.Release();
            instance.Service.Release();
        }

        Reckon(instance.NextAsk, instance.NextEnd);
        if (instance.Host is { } host && !_hosts.ContainsKey(host))
            Care(_hosts[host] = new FoundHost(host), now);
    }

    /// <summary>A host without any address is asked for both kinds; else what is there is kept fresh.</summary>
    private void Care(FoundHost host, long now)
    {
        long soon = now + 20 + (long)(random() * 100);
        foreach (var (_, records) in host.Asked)
        {
            if (!host.HasAddress || !records.IsEmpty)
                records.Want(soon, random);
            else
                records.Release();
        }

        Reckon(host.NextAsk, host.NextEnd);
    }

    /// <summary>A stranger that is not wanted goes, the one whose time is over first of those at hand.</summary>
    private bool MakeRoom()
    {
        if (_instances.Values.Where(static i => !i.IsWanted).Take(16).MinBy(static i => i.Pointer.NextExpiry) is not { } stranger)
            return false;

        _instances.Remove(stranger.Name);
        return true;
    }

    private void DropHosts()
    {
        var used = _instances.Values.Select(static i => i.Host).OfType<DnsName>().ToHashSet();
        foreach (var name in _hosts.Keys.Where(name => !used.Contains(name)).ToList())
            _hosts.Remove(name);
    }

    private void Changed(DnsName host)
    {
        foreach (var instance in _instances.Values.Where(i => host.Equals(i.Host)))
            _changed.Add(instance.Label);
    }

    private MdnsPlace? PlaceOf(FoundInstance instance)
    {
        if (!instance.IsWanted || instance.Service.First is not { Port: > 0 } service || instance.Host is not { } name
            || !_hosts.TryGetValue(name, out var host) || !host.HasAddress)
        {
            return null;
        }

        return new MdnsPlace(
            instance.Type, instance.Said!.Did, service.Port, [.. host.V4.Records.Concat(host.V6.Records).Select(static r => r.Address)]);
    }

    private readonly record struct Verdict(ServiceText? Said, bool IsWanted);
}

/// <summary>Where a wanted instance is, as it says.</summary>
internal sealed record MdnsPlace(DnsName Type, Did Did, ushort Port, IReadOnlyList<IPAddress> Addresses);
