using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Firn.Cli;

/// <summary>An address under which other machines of the network reach this one.</summary>
internal static class LanAddress
{
    /// <summary>An IPv4 address if there is one, of an interface with a gateway if there is one; IPv6 in brackets; null if none.</summary>
    public static string? Find()
    {
        var candidates =
            from nic in NetworkInterface.GetAllNetworkInterfaces()
            where nic.OperationalStatus == OperationalStatus.Up && nic.NetworkInterfaceType != NetworkInterfaceType.Loopback
            let properties = nic.GetIPProperties()
            from unicast in properties.UnicastAddresses
            let address = unicast.Address
            where !address.IsIPv6LinkLocal && !address.ToString().StartsWith("169.254.", StringComparison.Ordinal)
            orderby properties.GatewayAddresses.Count > 0 descending, address.AddressFamily == AddressFamily.InterNetwork descending
            select address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
        return candidates.FirstOrDefault();
    }
}
