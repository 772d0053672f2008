using System.Net;

namespace Firn.Protocol;

/// <summary>Names, addresses and numbers that are the same on every link.</summary>
internal static class MdnsNames
{
    public const int Port = 5353;

    /// <summary>Nodes that listen on TCP.</summary>
    public static readonly DnsName Tcp = DnsName.Of("_firn", "_tcp", "local");

    /// <summary>Nodes that listen on QUIC.</summary>
    public static readonly DnsName Udp = DnsName.Of("_firn", "_udp", "local");

    /// <summary>Which types of services there are (RFC 6763, section 9).</summary>
    public static readonly DnsName Types = DnsName.Of("_services", "_dns-sd", "_udp", "local");

    public static readonly IPAddress GroupV4 = IPAddress.Parse("224.0.0.251");
    public static readonly IPAddress GroupV6 = IPAddress.Parse("ff02::fb");

    /// <summary>Seconds for records that hold a host's name or address (RFC 6762, section 10).</summary>
    public const uint HostTtl = 120;

    /// <summary>Seconds for all others; longer ones of others count as this.</summary>
    public const uint OtherTtl = 4500;

    /// <summary>The label of an instance: that of the node, numbered from the second on that has it (RFC 6762, section 9), cut to 63 bytes.</summary>
    public static string InstanceLabel(NodeName name, int number) =>
        number == 1 ? Cut(name.ToString(), DnsName.MaxLabel) : Cut(name.ToString(), DnsName.MaxLabel - $" ({number})".Length) + $" ({number})";

    /// <summary>
    /// The label of a node's own host name: made of its key, so that it meets neither the machine's, which an mDNS daemon beside the node
    /// may hold, nor that of another node.
    /// </summary>
    public static string HostLabel(Did did, int number)
    {
        string of = $"firn-{Convert.ToHexStringLower(did.Point[^8..])}";
        return number == 1 ? of : $"{of}-{number}";
    }

    /// <summary>Names of nodes are ASCII, so that characters are bytes.</summary>
    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
