using System.Net;

namespace Firn;

/// <summary>What a node says of itself to its peers. All of it together takes at most 4 KiB on the wire.</summary>
public sealed record PeerDescription
{
    /// <summary>The version of its software: up to 64 printable ASCII characters.</summary>
    public string SoftwareVersion { get; init; } = "";

    /// <summary>What it can do: up to 32 capabilities of 1 to 64 characters <c>[a-z0-9.-]</c>.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Its wish for its role.</summary>
    public RoleHint RoleHint { get; init; }

    /// <summary>The networks that it leads to: up to 256.</summary>
    public IReadOnlyList<IPNetwork> Routes { get; init; } = [];

    /// <summary>Where it listens: up to 8 addresses, without a name.</summary>
    public IReadOnlyList<NodeAddress> Addresses { get; init; } = [];

    /// <summary>The largest payload of a frame that it takes, in bytes: 16,376 (the default) to 65,528.</summary>
    public int MaxFramePayload { get; init; } = Protocol.FrameHeader.DefaultMaxPayload;

    /// <summary>Whether both say the same, lists in their order.</summary>
    public bool Equals(PeerDescription? other) => other is not null
        && SoftwareVersion == other.SoftwareVersion
        && RoleHint == other.RoleHint
        && MaxFramePayload == other.MaxFramePayload
        && Capabilities.SequenceEqual(other.Capabilities)
        && Routes.SequenceEqual(other.Routes)
        && Addresses.SequenceEqual(other.Addresses);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(SoftwareVersion, RoleHint, MaxFramePayload, Capabilities.Count, Routes.Count, Addresses.Count);
}
