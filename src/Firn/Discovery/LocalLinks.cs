using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Firn.Protocol;

namespace Firn.Discovery;

/// <summary>Which links of this machine a node looks for others on, and what it shows there.</summary>
internal static class LocalLinks
{
    /// <summary>Links that are used at a time; each has a socket.</summary>
    public const int Max = 64;

    /// <summary>
    /// Whether others on a link could reach any of <paramref name="listening"/>. A node that listens on loopback alone wants to be left alone:
    /// it neither shows itself nor looks.
    /// </summary>
    public static bool AreOfUse(IEnumerable<NodeAddress> listening) =>
        listening.Any(a => TypeOf(a) is not null && MeshAddresses.TryLiteral(a, out var ip) && !IPAddress.IsLoopback(ip));

    /// <summary>
    /// The links that are up: of interfaces that carry multicast and more than two ends (no tunnels), a family each of which they have an
    /// address.
    /// </summary>
    /// <exception cref="NetworkInformationException">The system does not tell.</exception>
    public static IReadOnlyList<MdnsLink> Find(IReadOnlyList<NodeAddress> listening) =>
        [.. NetworkInterface.GetAllNetworkInterfaces().Where(IsUsable).SelectMany(nic => LinksOf(nic, listening)).OrderBy(l => l.Id.Index).Take(Max)];

    /// <summary>Some drivers do not know whether they are up; those that do say so.</summary>
    private static bool IsUsable(NetworkInterface nic) =>
        nic.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown && nic.SupportsMulticast
        && nic.NetworkInterfaceType is not (NetworkInterfaceType.Loopback or NetworkInterfaceType.Ppp or NetworkInterfaceType.Slip
            or NetworkInterfaceType.Tunnel or NetworkInterfaceType.Unknown);

    private static IEnumerable<MdnsLink> LinksOf(NetworkInterface nic, IReadOnlyList<NodeAddress> listening)
    {
        var properties = nic.GetIPProperties();
        MdnsAddress[] addresses =
        [
            .. properties.UnicastAddresses
                .Where(static a => !IPAddress.IsLoopback(a.Address) && !a.Address.IsIPv6Multicast)
                .Select(static a => new MdnsAddress(WithoutScope(a.Address), a.PrefixLength)),
        ];
        var services = ServicesOn(addresses, listening);
        var shown = ShownOn(addresses, listening);
        foreach (bool isIPv6 in (bool[])[false, true])
        {
            if (IndexOf(nic, properties, isIPv6) is { } index && addresses.Any(a => IsIPv6(a.Address) == isIPv6))
                yield return new MdnsLink(new MdnsLinkId(index, isIPv6), addresses, shown.Count > 0 ? services : [], shown);
        }
    }

    private static int? IndexOf(NetworkInterface nic, IPInterfaceProperties properties, bool isIPv6) => isIPv6
        ? nic.Supports(NetworkInterfaceComponent.IPv6) ? properties.GetIPv6Properties().Index : null
        : nic.Supports(NetworkInterfaceComponent.IPv4) ? properties.GetIPv4Properties().Index : null;

    /// <summary>Of each type what is listened on first; an SRV record holds one port.</summary>
    private static List<MdnsService> ServicesOn(MdnsAddress[] addresses, IReadOnlyList<NodeAddress> listening) =>
    [
        .. listening
            .Where(l => addresses.Any(a => Reaches(a.Address, l)))
            .Select(l => (Type: TypeOf(l), l.Port))
            .Where(static s => s.Type is not null)
            .DistinctBy(static s => s.Type)
            .Select(static s => new MdnsService(s.Type!, (ushort)s.Port)),
    ];

    private static List<IPAddress> ShownOn(MdnsAddress[] addresses, IReadOnlyList<NodeAddress> listening) =>
    [
        .. addresses.Select(static a => a.Address)
            .Where(a => listening.Any(l => TypeOf(l) is not null && Reaches(a, l)))
            .Distinct()
            .OrderBy(static a => IsIPv6(a) ? 1 : 0).ThenBy(static a => a.IsIPv6LinkLocal ? 1 : 0)
            .Take(MdnsLink.MaxShown),
    ];

    private static bool Reaches(IPAddress own, NodeAddress listening) => MeshAddresses.TryLiteral(listening, out var bound)
        && (bound.Equals(IPAddress.IPv6Any) || (bound.Equals(IPAddress.Any) && !IsIPv6(own)) || WithoutScope(bound).Equals(own));

    private static DnsName? TypeOf(NodeAddress listening) => listening.Scheme switch
    {
        "tcp" => MdnsNames.Tcp,
        "quic" => MdnsNames.Udp,
        _ => null,
    };

    private static bool IsIPv6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    private static IPAddress WithoutScope(IPAddress address) => address.IsIPv6LinkLocal ? new IPAddress(address.GetAddressBytes()) : address;
}
