using System.Net;
using System.Net.Sockets;
using Firn.Protocol;

namespace Firn.Discovery;

/// <summary>The socket options of a multicast DNS responder, as the systems call them.</summary>
internal static class MulticastOptions
{
    private const int TimeToLive = 255;

    /// <summary>Lets other responders of this machine (avahi, mDNSResponder, other nodes) use the port as well (RFC 6762, section 15.1).</summary>
    public static void Share(Socket socket)
    {
        const int LinuxSocket = 1, LinuxReusePort = 15, BsdSocket = 0xFFFF, BsdReusePort = 0x0200;   // SOL_SOCKET, SO_REUSEPORT

        socket.ExclusiveAddressUse = false;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(LinuxSocket, LinuxReusePort, BitConverter.GetBytes(1));
        else if (OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD())
            socket.SetRawSocketOption(BsdSocket, BsdReusePort, BitConverter.GetBytes(1));
    }

    /// <summary>Sends to, and takes from, the group on this link; what is sent comes back, since others on this machine listen as well.</summary>
    public static void Join(Socket socket, MdnsLinkId link)
    {
        var level = link.IsIPv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP;
        if (OperatingSystem.IsLinux())
            TakeOwnGroupsOnly(socket, link.IsIPv6);
        if (link.IsIPv6)
        {
            socket.SetSocketOption(level, SocketOptionName.MulticastInterface, link.Index);
            socket.SetSocketOption(level, SocketOptionName.AddMembership, new IPv6MulticastOption(MdnsNames.GroupV6, link.Index));
        }
        else
        {
            socket.SetSocketOption(level, SocketOptionName.MulticastInterface, IPAddress.HostToNetworkOrder(link.Index));
            socket.SetSocketOption(level, SocketOptionName.AddMembership, new MulticastOption(MdnsNames.GroupV4, link.Index));
        }

        socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, TimeToLive);
        socket.SetSocketOption(level, SocketOptionName.MulticastLoopback, true);
        socket.SetSocketOption(level, SocketOptionName.PacketInformation, true);
        socket.Ttl = TimeToLive;
    }

    /// <summary>Without this, Linux gives every socket of the port what any of them is a member of.</summary>
    private static void TakeOwnGroupsOnly(Socket socket, bool isIPv6)
    {
        const int Ip = 0, MulticastAll = 49, IPv6 = 41, MulticastAllV6 = 29;   // IP_MULTICAST_ALL, IPV6_MULTICAST_ALL
        try
        {
            socket.SetRawSocketOption(isIPv6 ? IPv6 : Ip, isIPv6 ? MulticastAllV6 : MulticastAll, BitConverter.GetBytes(0));
        }
        catch (SocketException)
        {
            // Before Linux 4.20 for IPv6: the packets are told apart by their interface, at some cost.
        }
    }
}
