namespace Firn.Protocol;

/// <summary>An instance of a type of service, as far as it is known on one link.</summary>
internal sealed class FoundInstance(DnsName name, DnsName type, string label)
{
    public DnsName Name { get; } = name;

    public DnsName Type { get; } = type;

    /// <summary>Its first label.</summary>
    public string Label { get; } = label;

    /// <summary>That it is there at all; without it the rest is forgotten.</summary>
    public FoundRecords Pointer { get; } = new(capacity: 1);

    public FoundRecords Service { get; } = new(capacity: 1);

    public FoundRecords Text { get; } = new(capacity: 1);

    /// <summary>What its text says, if it is that of a node.</summary>
    public ServiceText? Said { get; set; }

    /// <summary>Whether it is worth a dial. Of others nothing is asked.</summary>
    public bool IsWanted { get; set; }

    /// <summary>Whether it has taken itself back.</summary>
    public bool SaidGoodbye { get; set; }

    public DnsName? Host => IsWanted ? Service.First?.Target : null;

    /// <summary>When it is clear that it does not say what a node must.</summary>
    public long GivenUpAt => Math.Min(Text.GivenUpAt, IsWanted ? Service.GivenUpAt : long.MaxValue);

    public long NextAsk => Math.Min(Pointer.NextAsk, Math.Min(Service.NextAsk, Text.NextAsk));

    /// <summary>When something of it expires, or is given up.</summary>
    public long NextEnd => Math.Min(Math.Min(Pointer.NextExpiry, GivenUpAt), Math.Min(Service.NextExpiry, Text.NextExpiry));

    public IEnumerable<(DnsQuestion Question, FoundRecords Records)> Asked =>
    [
        (new DnsQuestion(Type, DnsType.Ptr), Pointer),
        (new DnsQuestion(Name, DnsType.Srv), Service),
        (new DnsQuestion(Name, DnsType.Txt), Text),
    ];
}

/// <summary>A host that a wanted instance lives on, as far as it is known on one link.</summary>
internal sealed class FoundHost(DnsName name)
{
    /// <summary>Addresses of one family that are kept.</summary>
    public const int MaxAddresses = 8;

    public FoundRecords V4 { get; } = new(MaxAddresses);

    public FoundRecords V6 { get; } = new(MaxAddresses);

    public bool HasAddress => !V4.IsEmpty || !V6.IsEmpty;

    /// <summary>When it is clear that it has no address of either kind.</summary>
    public long GivenUpAt => Math.Max(V4.GivenUpAt, V6.GivenUpAt);

    public long NextAsk => Math.Min(V4.NextAsk, V6.NextAsk);

    public long NextEnd => Math.Min(GivenUpAt, Math.Min(V4.NextExpiry, V6.NextExpiry));

    public IEnumerable<(DnsQuestion Question, FoundRecords Records)> Asked =>
        [(new DnsQuestion(name, DnsType.A), V4), (new DnsQuestion(name, DnsType.Aaaa), V6)];
}
