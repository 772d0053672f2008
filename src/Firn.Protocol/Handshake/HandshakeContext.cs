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

/// <summary>What a node brings into each of its handshakes, whichever its role. The keyring is borrowed.</summary>
internal sealed record HandshakeContext(
    NodeName Name, Did Did, Incarnation Incarnation, string Cluster, Keyring Keyring, VersionRange Versions)
{
    /// <summary>
    /// How this node admits peers. Trust lists will widen this; until then whoever offers anything else is refused, and no
    /// proof without a cookie's key exists.
    /// </summary>
    public Wire.Admission Admission { get; } = Wire.Admission.Cookie;
}
