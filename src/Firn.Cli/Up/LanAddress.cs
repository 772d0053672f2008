using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Firn.Cli;

/// <summary>An address under which other machines of the network reach this one.</summary>
internal static class LanAddress
{
    /// <summary>Rather one of an interface with a gateway, rather IPv4; IPv6 comes in brackets; null if there is none.</summary>
    public static string? Find()
    {
        var candidates =
            from nic in NetworkInterface.GetAllNetworkInterfaces()
            where nic.OperationalStatus == OperationalStatus.Up && nic.NetworkInterfaceType != NetworkInterfaceType.Loopback
            let properties = nic.GetIPProperties()
            from unicast in properties.UnicastAddresses
            let address = unicast.Address
            let isIPv4 = address.AddressFamily == AddressFamily.InterNetwork
            where !address.IsIPv6LinkLocal && !address.ToString().StartsWith("169.254.", StringComparison.Ordinal)
            orderby properties.GatewayAddresses.Count > 0 descending, isIPv4 descending
            select isIPv4 ? address.ToString() : $"[{address}]";
        return candidates.FirstOrDefault();
    }
}
