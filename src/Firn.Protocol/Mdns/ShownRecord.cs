using System.Net;

namespace Firn.Protocol;

/// <summary>A record of this node on one link.</summary>
internal sealed class ShownRecord(DnsRecord record)
{
    public DnsRecord Record { get; } = record;

    /// <summary>When it was multicast last; never, if negative.</summary>
    public long MulticastAt { get; set; } = -1;

    /// <summary>Whether it only denies that there are others: given as an answer, never announced.</summary>
    public bool IsDenial => Record.Type == DnsType.Nsec;

    public bool WasMulticastWithin(long milliseconds, long now) => MulticastAt >= 0 && now < MulticastAt + milliseconds;

    /// <summary>All records of a node on a link; none if it shows no service there.</summary>
    public static List<ShownRecord> All(string instance, string host, byte[] text, MdnsLink link)
    {
        var records = new List<DnsRecord>();
        var hostName = DnsName.Of(host, "local");
        foreach (var service in link.Services)
        {
            var name = service.Type.Below(instance);
            records.Add(DnsRecord.Ptr(service.Type, name, MdnsNames.OtherTtl));
            records.Add(DnsRecord.Srv(name, service.Port, hostName, MdnsNames.HostTtl));
            records.Add(DnsRecord.Txt(name, text, MdnsNames.OtherTtl));
            records.Add(DnsRecord.Nsec(name, [DnsType.Txt, DnsType.Srv], MdnsNames.HostTtl));
            records.Add(DnsRecord.Ptr(MdnsNames.Types, service.Type, MdnsNames.OtherTtl));
        }

        if (records.Count > 0)
            records.AddRange(OfHost(hostName, link.Shown));
        return [.. records.Select(r => new ShownRecord(r))];
    }

    private static IEnumerable<DnsRecord> OfHost(DnsName host, IReadOnlyList<IPAddress> addresses)
    {
        DnsRecord[] records = [.. addresses.Select(a => DnsRecord.OfAddress(host, a, MdnsNames.HostTtl))];
        return records.Append(DnsRecord.Nsec(host, records.Select(r => r.Type).Distinct().Order(), MdnsNames.HostTtl));
    }
}
