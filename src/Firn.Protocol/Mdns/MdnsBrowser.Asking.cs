namespace Firn.Protocol;

/// <summary>When this node asks what, and what it spares itself because another asks the same (RFC 6762, sections 5.2 and 7).</summary>
internal sealed partial class MdnsBrowser
{
    private const long MaxPauseMilliseconds = 3_600_000;
    private const long TogetherMilliseconds = 100;   // what is due so soon goes along
    private const long SparedMilliseconds = 1_000;
    private const int MaxPackets = 8;   // for what this node knows; who is not in it answers once more

    private const int RareCount = 7;    // from then on, a minute and more lies between questions

    private readonly Dictionary<DnsName, Browsing> _browsing = [];
    private long _due = long.MaxValue;
    private long _askDue = long.MaxValue;

    public long NextDue => _due;

    /// <summary>Begins to look, or begins anew: after 20 to 120 ms, 1 s, 2 s, and so on up to every hour.</summary>
    public void Start(long now)
    {
        foreach (var type in types)
            _browsing[type] = new Browsing(now + 20 + (long)(random() * 100), 0);
        Reckon();
    }

    /// <summary>Another asks: what this node would ask soon as well need not be asked twice, if it knows all that the other does (section 7.3).</summary>
    public void OnQuery(DnsMessage query, long now)
    {
        if (query.IsTruncated)
            return;

        foreach (var question in query.Questions.Where(static q => !q.WantsUnicast))
        {
            if (question.Type == DnsType.Ptr && _browsing.TryGetValue(question.Name, out var browsing))
            {
                if (browsing.Due <= now + SparedMilliseconds && query.Answers.All(known => known.Target is { } name && _instances.ContainsKey(name)))
                    _browsing[question.Name] = browsing.Asked(now);
            }
            else if (RecordsFor(question) is { } records && records.NextAsk <= now + SparedMilliseconds)
            {
                records.OnAsked(now, random);
            }
        }
    }

    /// <summary>Forgets what has had its time, and asks what is due.</summary>
    public void Tick(long now)
    {
        Expire(now);
        Reckon();
        if (_askDue > now)
            return;

        Ask(now);
        Reckon();
    }

    private void Expire(long now)
    {
        foreach (var instance in _instances.Values.ToList())
        {
            bool isOver = instance.Pointer.Expire(now);
            bool hasChanged = instance.Service.Expire(now) | isOver;
            if (instance.Text.Expire(now))
                (instance.Said, instance.IsWanted, hasChanged) = (null, false, true);

            // Then the next question who is there finds it anew, if it is.
            if (isOver || instance.GivenUpAt <= now || (instance.Host is { } host && _hosts.TryGetValue(host, out var found) && found.GivenUpAt <= now))
                Forget(instance, now);
            else if (hasChanged)
                Care(instance, now);
            if (hasChanged)
                _changed.Add(instance.Label);
        }

        foreach (var (name, host) in _hosts)
        {
            if (host.V4.Expire(now) | host.V6.Expire(now))
            {
                Changed(name);
                Care(host, now);
            }
        }

        DropHosts();
    }

    /// <summary>One that was wanted and is gone without a word may be there still: it is looked for, if that was not just done.</summary>
    private void Forget(FoundInstance instance, long now)
    {
        _instances.Remove(instance.Name);
        if (!instance.IsWanted || instance.SaidGoodbye)
            return;

        _changed.Add(instance.Label);
        if (_browsing[instance.Type].Count >= RareCount)
            _browsing[instance.Type] = new Browsing(now + 1_000 + (long)(random() * 1_000), 1);
    }

    private void Ask(long now)
    {
        var asked = new HashSet<DnsQuestion>();
        foreach (var (type, browsing) in _browsing.ToList())
        {
            if (browsing.Due > now + TogetherMilliseconds)
                continue;
            asked.Add(new DnsQuestion(type, DnsType.Ptr));
            _browsing[type] = browsing.Asked(now);
        }

        foreach (var (question, records) in AllAsked().Where(a => a.Records.NextAsk <= now + TogetherMilliseconds).Take(DnsMessage.MaxQuestions - asked.Count).ToList())
        {
            asked.Add(question);
            records.OnAsked(now, random);
        }

        Send(asked, now);
    }

    /// <summary>One packet, and as many more as it takes to say what is known (section 7.2).</summary>
    private void Send(HashSet<DnsQuestion> questions, long now)
    {
        var writer = new DnsWriter();
        foreach (var question in questions)
        {
            if (writer.TryAdd(question))
                continue;
            send(writer.ToMessage(isResponse: false));
            writer = new DnsWriter();
            writer.TryAdd(question);
        }

        int packets = 1;
        foreach (var instance in _instances.Values.Where(i => questions.Contains(new DnsQuestion(i.Type, DnsType.Ptr))))
        {
            if (instance.Pointer.First is not { } pointer || !instance.Pointer.IsFresh(pointer, now))
                continue;

            var known = pointer.WithTtl(instance.Pointer.SecondsLeft(pointer, now), isUnique: false);
            if (writer.TryAdd(DnsSection.Answer, known))
                continue;
            if (packets++ == MaxPackets)
                break;
            send(writer.ToMessage(isResponse: false, isTruncated: true));
            writer = new DnsWriter();
            writer.TryAdd(DnsSection.Answer, known);
        }

        send(writer.ToMessage(isResponse: false));
    }

    private IEnumerable<(DnsQuestion Question, FoundRecords Records)> AllAsked() =>
        _instances.Values.OrderByDescending(static i => i.IsWanted).SelectMany(static i => i.Asked).Concat(_hosts.Values.SelectMany(static h => h.Asked));

    private FoundRecords? RecordsFor(DnsQuestion question) => question.Type switch
    {
        DnsType.Srv when _instances.TryGetValue(question.Name, out var instance) => instance.Service,
        DnsType.Txt when _instances.TryGetValue(question.Name, out var instance) => instance.Text,
        DnsType.A when _hosts.TryGetValue(question.Name, out var host) => host.V4,
        DnsType.Aaaa when _hosts.TryGetValue(question.Name, out var host) => host.V6,
        _ => null,
    };

    /// <summary>When something is due, from all that there is; while packets come in, only from what they touch.</summary>
    private void Reckon()
    {
        _askDue = _browsing.Count == 0 ? long.MaxValue : _browsing.Values.Min(static b => b.Due);
        _due = _askDue;
        foreach (var instance in _instances.Values)
            Reckon(instance.NextAsk, instance.NextEnd);
        foreach (var host in _hosts.Values)
            Reckon(host.NextAsk, host.NextEnd);
    }

    private void Reckon(long ask, long end) => (_askDue, _due) = (Math.Min(_askDue, ask), Math.Min(_due, Math.Min(ask, end)));

    /// <summary>When to ask who is there, and how often that was done.</summary>
    private readonly record struct Browsing(long Due, int Count)
    {
        public Browsing Asked(long now) => new(now + Math.Min(1_000L << Math.Min(Count, 12), MaxPauseMilliseconds), Count + 1);
    }
}
