using System.Globalization;
using System.Net;

namespace Firn.Protocol;

/// <summary>What an address that was found on a link means for dialling.</summary>
internal static class SightedAddress
{
    /// <summary>
    /// Where to dial, a link-local IPv6 address with the link's scope; null for what leads nowhere, to this machine by loopback, or to this
    /// node itself.
    /// </summary>
    public static NodeAddress? For(IPAddress address, MdnsLink link, MdnsPlace place)
    {
        // As if it were told by somebody on that very link.
        var there = MeshAddresses.Dialable(address, IPAddress.IPv6Any);
        bool isLinkLocal = address.IsIPv6LinkLocal || address.GetAddressBytes() is [169, 254, _, _];
        if ((there is null && !isLinkLocal) || (link.IsOwn(address) && link.Services.Contains(new MdnsService(place.Type, place.Port))))
            return null;

        string host = address.IsIPv6LinkLocal ? string.Create(CultureInfo.InvariantCulture, $"[{address}%{link.Id.Index}]")
            : address.GetAddressBytes().Length == 16 ? $"[{address}]" : address.ToString();
        return NodeAddress.Create(place.Type.Equals(MdnsNames.Udp) ? "quic" : "tcp", host, place.Port);
    }

    /// <summary>What is on the link itself first, IPv4 first, what needs a router last.</summary>
    public static int Rank(IPAddress address, MdnsLink link) => address.IsIPv6LinkLocal ? 2
        : !link.IsOnLink(address) ? 3
        : address.GetAddressBytes().Length == 4 ? 0 : 1;
}
