namespace Firn.Protocol;

/// <summary>A message of multicast DNS (RFC 6762, section 18); records of other classes than IN, and what opens EDNS, are left out.</summary>
internal sealed class DnsMessage
{
    /// <summary>The largest one there is (RFC 6762, section 17).</summary>
    public const int MaxLength = 9000;

    public const int HeaderLength = 12;

    /// <summary>Questions of one message.</summary>
    public const int MaxQuestions = 64;

    /// <summary>Records of one message, all sections together.</summary>
    public const int MaxRecords = 512;

    /// <summary>Only of use to who is no multicast DNS responder itself, and asks from another port (RFC 6762, section 6.7).</summary>
    public ushort Id { get; init; }

    public bool IsResponse { get; init; }

    /// <summary>TC: more known answers follow (RFC 6762, section 7.2).</summary>
    public bool IsTruncated { get; init; }

    public IReadOnlyList<DnsQuestion> Questions { get; init; } = [];

    /// <summary>Of a query: what the asker knows already.</summary>
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    /// <summary>Of a query: what the asker is about to claim, which makes it a probe (RFC 6762, section 8.2).</summary>
    public IReadOnlyList<DnsRecord> Authorities { get; init; } = [];

    public IReadOnlyList<DnsRecord> Additionals { get; init; } = [];
}
