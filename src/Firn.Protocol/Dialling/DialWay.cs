using System.Net;

namespace Firn.Protocol;

/// <summary>One way to a node.</summary>
internal abstract record DialWay;

/// <summary>
/// To an address of the node itself. <paramref name="Literal"/>: what a name in it has led to; null for a literal address, for a name that is still
/// to be resolved, and where the transport resolves names itself.
/// </summary>
internal sealed record DirectWay(NodeAddress Address, IPAddress? Literal = null) : DialWay
{
    /// <summary>The address to connect to.</summary>
    public NodeAddress Endpoint => Literal is null
        ? Address
        : NodeAddress.Create(Address.Scheme, Family == IpFamily.V6 ? $"[{Literal}]" : Literal.ToString(), Address.Port);

    /// <summary>The family of that address; none of a name.</summary>
    public IpFamily Family => (Literal ?? (MeshAddresses.TryLiteral(Address, out var own) ? own : null))?.GetAddressBytes().Length switch
    {
        4 => IpFamily.V4,
        16 => IpFamily.V6,
        _ => IpFamily.None,
    };

    public override string ToString() => Literal is null ? Address.ToString() : $"{Address} ({Literal})";
}

/// <summary>Through <paramref name="Relay"/>, a peer that joins two others, to the node of <paramref name="Target"/>.</summary>
internal sealed record RelayedWay(PeerKey Relay, Did Target) : DialWay
{
    public override string ToString() => $"relay {Relay.Name}";
}

/// <summary>A family of IP addresses.</summary>
internal enum IpFamily
{
    /// <summary>Not known yet.</summary>
    None,

    /// <summary>IPv4.</summary>
    V4,

    /// <summary>IPv6.</summary>
    V6,
}
