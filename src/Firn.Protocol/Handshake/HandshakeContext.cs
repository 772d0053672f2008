namespace Firn.Protocol;

/// <summary>The versions of the protocol that an end speaks, from the lowest to the highest.</summary>
internal readonly record struct VersionRange(uint Min, uint Max)
{
    /// <summary>What this library speaks.</summary>
    public static VersionRange Supported => new(1, 1);

    public bool IsValid => Min > 0 && Min <= Max;

    public bool Contains(uint version) => version >= Min && version <= Max;

    /// <summary>The highest version of both; null when they share none.</summary>
    public uint? HighestCommon(VersionRange other)
    {
        uint highest = Math.Min(Max, other.Max);
        return Contains(highest) && other.Contains(highest) ? highest : null;
    }

    public override string ToString() => Min == Max ? $"{Min}" : $"{Min} to {Max}";
}

/// <summary>What a node brings into each of its handshakes, whichever its role. The keyring of its policy is borrowed.</summary>
internal sealed record HandshakeContext(
    NodeName Name, Did Did, Incarnation Incarnation, string Cluster, AdmissionPolicy Admission, VersionRange Versions)
{
    /// <summary>How this node's key took the place of earlier ones; every peer is told, so that those that were away follow.</summary>
    public RotationChain Rotations { get; init; } = RotationChain.Empty;

    /// <summary>Whether messages after the Challenge bear a MAC. Where they do not, TLS and a trusted key vouch for them.</summary>
    public bool UsesMac => Admission.Mode.DemandsCookie();
}
