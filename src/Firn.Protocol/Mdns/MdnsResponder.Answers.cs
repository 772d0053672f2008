using System.Net;

namespace Firn.Protocol;

/// <summary>The answers of this node: what is asked, what the asker knows, when it is said (RFC 6762, sections 6 and 7).</summary>
internal sealed partial class MdnsResponder
{
    private const long MinMilliseconds = 1_000, MinDefenceMilliseconds = 250;

    private readonly Dictionary<ShownRecord, Pending> _pending = [];

    /// <summary>A query: of another responder, or (<paramref name="isLegacy"/>) of a plain resolver, which is answered alone and at once.</summary>
    public void OnQuery(DnsMessage query, IPEndPoint from, bool isLegacy, long now)
    {
        if (_state == ResponderState.Probing)
            OnProbeOfAnother(query, now);
        if (!HasNames)
            return;

        if (query.Questions.Count == 0)
            ForgetKnown(query, from);
        else if (isLegacy)
            AnswerLegacy(query, from);
        else
            Answer(query, from, now);
    }

    private void Answer(DnsMessage query, IPEndPoint from, long now)
    {
        var asked = query.Questions.SelectMany(question => AnswersTo(question).Select(own => (Own: own, question.WantsUnicast)))
            .DistinctBy(static a => a.Own)
            .Where(a => !IsKnown(a.Own, query))
            .ToList();

        // Who wants it alone gets it alone, unless the others have not heard it for long (section 5.4).
        var alone = asked.Where(a => a.WantsUnicast && a.Own.WasMulticastWithin(a.Own.Record.Ttl * 250L, now)).Select(static a => a.Own).ToList();
        if (alone.Count > 0)
            Send(alone, from, isLegacy: false, query);

        var forAll = asked.Select(static a => a.Own).Except(alone).ToList();
        bool isProbe = query.Authorities.Count > 0;
        long due = isProbe ? now
            : query.IsTruncated ? now + 400 + (long)(random() * 100)
            : forAll.TrueForAll(static own => own.Record.IsUnique) ? now
            : SharedDelay(now);
        foreach (var own in forAll)
            Postpone(own, due, from, isProbe);
    }

    /// <summary>The rest of what the asker of a truncated query knows (section 7.2).</summary>
    private void ForgetKnown(DnsMessage query, IPEndPoint from)
    {
        foreach (var own in _pending.Where(p => from.Equals(p.Value.Asker) && IsKnown(p.Key, query)).Select(static p => p.Key).ToList())
            _pending.Remove(own);
    }

    private void AnswerLegacy(DnsMessage query, IPEndPoint from)
    {
        var answers = query.Questions.SelectMany(AnswersTo).Distinct().Where(own => !IsKnown(own, query)).ToList();
        if (answers.Count > 0)
            Send(answers, from, isLegacy: true, query);
    }

    private IEnumerable<ShownRecord> AnswersTo(DnsQuestion question)
    {
        var answers = _records.Where(own => !own.IsDenial && question.IsAnsweredBy(own.Record)).ToList();
        return answers.Count > 0 || !_uniqueNames.Contains(question.Name)
            ? answers
            : _records.Where(own => own.IsDenial && own.Record.Name.Equals(question.Name)).Take(1);
    }

    /// <summary>Section 7.1: known for at least half of its time.</summary>
    private static bool IsKnown(ShownRecord own, DnsMessage query) =>
        query.Answers.Any(known => known.Ttl >= own.Record.Ttl / 2 && known.SaysTheSameAs(own.Record));

    /// <summary>Records that others may have as well, so that several answer at once (section 6).</summary>
    private long SharedDelay(long now) => now + 20 + (long)(random() * 100);

    private void Postpone(ShownRecord own, long due, IPEndPoint? asker, bool isDefence = false) =>
        _pending[own] = _pending.TryGetValue(own, out var other)
            ? new Pending(Math.Min(due, other.Due), asker is not null && asker.Equals(other.Asker) ? asker : null, isDefence || other.IsDefence)
            : new Pending(due, asker, isDefence);

    /// <summary>No record more often than once a second, nor than four times where a name is defended (section 6).</summary>
    private void SendAnswers(long now)
    {
        var answers = new List<ShownRecord>();
        foreach (var (own, pending) in _pending.Where(p => p.Value.Due <= now).ToList())
        {
            long pause = pending.IsDefence ? MinDefenceMilliseconds : MinMilliseconds;
            if (own.WasMulticastWithin(pause, now))
                _pending[own] = pending with { Due = own.MulticastAt + pause };
            else
                answers.Add(own);
        }

        if (answers.Count == 0)
            return;

        var more = AdditionalsTo(answers);
        SendResponse([.. answers.Select(static own => own.Record)], [.. more.Select(static own => own.Record)]);
        foreach (var own in answers.Concat(more))
        {
            own.MulticastAt = now;
            _pending.Remove(own);
        }
    }

    /// <summary>What the asker will want to know next (RFC 6763, section 12).</summary>
    private List<ShownRecord> AdditionalsTo(List<ShownRecord> answers)
    {
        var names = new HashSet<DnsName>();
        foreach (var own in answers)
        {
            if (own.Record.Type is DnsType.Ptr && _uniqueNames.Contains(own.Record.Target!))
                names.UnionWith([own.Record.Target!, HostName!]);
            else if (own.Record.Type is DnsType.Srv or DnsType.A or DnsType.Aaaa)
                names.Add(HostName!);
        }

        return [.. _records.Where(own => names.Contains(own.Record.Name) && !answers.Contains(own) && (!own.IsDenial || own.Record.Name.Equals(HostName)))];
    }

    private void Send(List<ShownRecord> answers, IPEndPoint to, bool isLegacy, DnsMessage query)
    {
        var writer = new DnsWriter(isLegacy: isLegacy);
        if (isLegacy)
        {
            foreach (var question in query.Questions)
                writer.TryAdd(question with { WantsUnicast = false });
        }

        foreach (var own in answers)
            writer.TryAdd(DnsSection.Answer, AsFor(own.Record));
        foreach (var own in AdditionalsTo(answers))
            writer.TryAdd(DnsSection.Additional, AsFor(own.Record));
        send(writer.ToMessage(isResponse: true, id: isLegacy ? query.Id : (ushort)0), to);

        DnsRecord AsFor(DnsRecord record) => isLegacy ? record.WithTtl(Math.Min(record.Ttl, LegacyTtl)) : record;
    }

    /// <param name="Due">When it is said.</param>
    /// <param name="Asker">Who asked, if it is one alone.</param>
    /// <param name="IsDefence">Whether it answers a probe for a name of this node's.</param>
    private readonly record struct Pending(long Due, IPEndPoint? Asker, bool IsDefence);
}
