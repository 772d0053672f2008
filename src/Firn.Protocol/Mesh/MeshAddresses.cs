using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Firn.Protocol;

/// <summary>Which of the addresses that a peer tells about others are worth dialling: those that mean the same here as there.</summary>
internal static class MeshAddresses
{
    /// <summary>
    /// The endpoint to dial for <paramref name="told"/>, null when it must not be dialled. A loopback address counts only
    /// if the session with the teller is over loopback; a link-local one only if the teller is on the same link, whose scope it
    /// then takes over; unspecified, multicast, broadcast and reserved ones never. A teller behind a relay has no address here: it is
    /// on no link of this machine.
    /// </summary>
    public static IPEndPoint? Dialable(NodeAddress told, IPAddress? teller) =>
        TryLiteral(told, out var address) && told.Port != 0 && Dialable(address, teller) is { } target
            ? new IPEndPoint(target, told.Port)
            : null;

    /// <summary>As <see cref="Dialable(NodeAddress, IPAddress?)"/>, for an address alone.</summary>
    public static IPAddress? Dialable(IPAddress told, IPAddress? teller)
    {
        (told, teller) = (Unmap(told), teller is null ? null : Unmap(teller));
        if (IsNobody(told))
            return null;
        if (IPAddress.IsLoopback(told))
            return teller is not null && IPAddress.IsLoopback(teller) ? told : null;
        if (!IsLinkLocal(told))
            return told;
        if (teller is null || !IsLinkLocal(teller) || IsIPv4(told) != IsIPv4(teller))
            return null;
        if (IsIPv4(told))
            return told;
        return told.ScopeId == 0 || told.ScopeId == teller.ScopeId ? new IPAddress(told.GetAddressBytes(), teller.ScopeId) : null;
    }

    /// <summary>Whether a node can live there: a name, or an address of one machine, and a port.</summary>
    public static bool MayBeSomebody(NodeAddress address) =>
        address.Port != 0 && !(TryLiteral(address, out var literal) && IsNobody(Unmap(literal)));

    /// <summary>The IP address that an address's host is; false for a DNS name.</summary>
    public static bool TryLiteral(NodeAddress address, [NotNullWhen(true)] out IPAddress? literal) =>
        IPAddress.TryParse(address.Host.AsSpan().Trim("[]"), out literal);

    private static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsIPv4(IPAddress address) => address.GetAddressBytes().Length == 4;

    private static bool IsLinkLocal(IPAddress address) => address.IsIPv6LinkLocal || address.GetAddressBytes() is [169, 254, _, _];

    /// <summary>RFC 6890: 0.0.0.0/8, 224.0.0.0/4, 240.0.0.0/4 with the broadcast address, :: and ff00::/8.</summary>
    private static bool IsNobody(IPAddress address) => IsIPv4(address)
        ? address.GetAddressBytes()[0] is 0 or >= 224
        : address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
}
