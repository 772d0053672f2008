using System.Net;

namespace Firn.Protocol;

/// <summary>Which link: an interface and a family of addresses, each of which is a zone of its own (RFC 6762, section 20).</summary>
/// <param name="Index">The number of the interface, which is also the scope of its link-local IPv6 addresses.</param>
/// <param name="IsIPv6">The family of the packets.</param>
internal readonly record struct MdnsLinkId(int Index, bool IsIPv6);

/// <summary>A type of service that the node shows on a link.</summary>
internal sealed record MdnsService(DnsName Type, ushort Port);

/// <summary>An address of an interface, and how many of its bits are those of the link. Without scope.</summary>
internal sealed record MdnsAddress(IPAddress Address, int PrefixLength)
{
    /// <summary>Whether <paramref name="other"/> is of the same link, as far as this address tells (RFC 6762, section 11).</summary>
    public bool SharesLinkWith(IPAddress other)
    {
        byte[] mine = Address.GetAddressBytes(), theirs = other.GetAddressBytes();
        if (mine.Length != theirs.Length)
            return false;

        int whole = PrefixLength / 8, rest = PrefixLength % 8;
        return mine.AsSpan(0, whole).SequenceEqual(theirs.AsSpan(0, whole))
            && (rest == 0 || ((mine[whole] ^ theirs[whole]) >> (8 - rest)) == 0);
    }
}

/// <summary>A link that is usable now.</summary>
/// <param name="Id">Which.</param>
/// <param name="Addresses">All addresses of the interface, of both families.</param>
/// <param name="Services">What the node shows there; nothing if it does not listen there: then it only looks.</param>
/// <param name="Shown">The addresses under which it is reached there, 8 at most.</param>
internal sealed record MdnsLink(
    MdnsLinkId Id, IReadOnlyList<MdnsAddress> Addresses, IReadOnlyList<MdnsService> Services, IReadOnlyList<IPAddress> Shown)
{
    public const int MaxShown = 8;

    public bool IsOwn(IPAddress address) => Addresses.Any(a => a.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes()));

    /// <summary>Whether a packet from this address comes from the link itself.</summary>
    public bool IsOnLink(IPAddress address) => address.IsIPv6LinkLocal || Addresses.Any(a => a.SharesLinkWith(address));

    /// <summary>Whether it would be shown exactly as <paramref name="other"/>.</summary>
    public bool ShowsTheSameAs(MdnsLink other) => Services.SequenceEqual(other.Services) && Shown.SequenceEqual(other.Shown);
}
