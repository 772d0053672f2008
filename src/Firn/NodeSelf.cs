namespace Firn;

/// <summary>What a node knows of itself.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Did">Its key.</param>
/// <param name="Incarnation">Which life this is.</param>
/// <param name="Cluster">The cluster that it belongs to.</param>
/// <param name="Listening">Where it listens, with the real ports.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="SoftwareVersion">Product and version, as its peers see it.</param>
public sealed record NodeSelf(
    NodeName Name,
    Did Did,
    Incarnation Incarnation,
    string Cluster,
    IReadOnlyList<NodeAddress> Listening,
    DateTimeOffset StartedAt,
    string SoftwareVersion);
