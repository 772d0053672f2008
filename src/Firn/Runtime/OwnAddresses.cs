using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Firn.Runtime;

/// <summary>The literal addresses at which others can reach what this node listens on.</summary>
internal static class OwnAddresses
{
    /// <summary>Addresses that one record holds.</summary>
    public const int Max = 8;

    /// <summary>
    /// <paramref name="bound"/> with every wildcard replaced by the addresses of this machine's interfaces: those that lead
    /// here from afar first, loopback last, no link-local ones.
    /// </summary>
    public static IReadOnlyList<NodeAddress> Of(IEnumerable<NodeAddress> bound) =>
        [.. bound.SelectMany(Expand).Distinct().OrderBy(a => IsLoopback(a) ? 1 : 0).Take(Max)];

    /// <summary>Where somebody who is given an invite may dial: loopback only where there is nothing else.</summary>
    public static IReadOnlyList<NodeAddress> ForInvite(IEnumerable<NodeAddress> bound, int max)
    {
        var all = Of(bound);
        return [.. all.Where(a => !IsLoopback(a) || all.All(IsLoopback)).Take(max)];
    }

    /// <summary>Where a process on the same machine dials <paramref name="bound"/>.</summary>
    public static NodeAddress FromThisMachine(NodeAddress bound) => bound.Host switch
    {
        "0.0.0.0" => NodeAddress.Create(bound.Scheme, "127.0.0.1", bound.Port),
        "[::]" => NodeAddress.Create(bound.Scheme, Socket.OSSupportsIPv4 ? "127.0.0.1" : "[::1]", bound.Port),
        _ => bound,
    };

    private static IEnumerable<NodeAddress> Expand(NodeAddress bound)
    {
        if (!IPAddress.TryParse(bound.Host.Trim('[', ']'), out var address))
            return [];
        if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            return [bound];

        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up || i.NetworkInterfaceType == NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => !a.IsIPv6LinkLocal && !a.IsIPv6Multicast
                && (a.AddressFamily == AddressFamily.InterNetwork || address.Equals(IPAddress.IPv6Any)))
            .Select(a => NodeAddress.Create(bound.Scheme, a.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{a}]" : a.ToString(), bound.Port));
    }

    private static bool IsLoopback(NodeAddress address) =>
        IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);
}
