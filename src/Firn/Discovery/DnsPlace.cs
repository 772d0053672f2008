namespace Firn.Discovery;

/// <summary>A DNS name whose addresses are peers.</summary>
/// <param name="Name">The name, or that of its SRV records if it begins with an underscore.</param>
/// <param name="Port">Where peers listen at its addresses; null to go by SRV records first, and else by the default.</param>
internal sealed record DnsPlace(string Name, int? Port)
{
    /// <summary>Where the SRV records of TCP are (RFC 2782), or those that the name itself is of.</summary>
    public string Service => IsHost ? $"_firn._tcp.{Name}" : Name;

    /// <summary>Where those of QUIC are beside them; null when the name is of SRV records itself.</summary>
    public string? QuicService => IsHost ? $"_firn._udp.{Name}" : null;

    /// <summary>The transport that <see cref="Service"/> is about.</summary>
    public string Scheme => !IsHost && Name.Contains("._udp.", StringComparison.Ordinal) ? "quic" : "tcp";

    /// <summary>Whether there can be addresses besides those of SRV records.</summary>
    public bool IsHost => !Name.StartsWith('_');

    /// <summary>Reads <c>name</c> or <c>name:port</c>.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: it is something else.</exception>
    public static DnsPlace Parse(string text) =>
        TryParse(text, out var error) ?? throw new FirnException(FailureReason.InvalidInput, error!);

    /// <summary>Reads <c>name</c> or <c>name:port</c>; null with a sentence.</summary>
    public static DnsPlace? TryParse(string text, out string? error)
    {
        if (!NodeAddress.TryParse(text, out var address, out error))
            return null;
        if (text.Contains("://", StringComparison.Ordinal) || address.ExpectedName is not null || address.Port == 0
            || Protocol.MeshAddresses.TryLiteral(address, out _))
        {
            error = $"\"{text}\": expected a DNS name such as firn.default.svc.cluster.local, or name:port";
            return null;
        }

        bool namesPort = text.Contains(':', StringComparison.Ordinal);
        return new DnsPlace(address.Host, namesPort ? address.Port : null);
    }
}
