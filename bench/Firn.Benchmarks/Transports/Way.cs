using Firn.Transports;

namespace Firn.Benchmarks;

/// <summary>A transport between two nodes.</summary>
/// <param name="Name">Its scheme.</param>
/// <param name="Missing">Why it cannot be measured here; null when it can.</param>
internal sealed record Way(string Name, string? Missing = null)
{
    public const string Tcp = "tcp";
    public const string Quic = "quic";

    public static IReadOnlyList<Way> All { get; } =
    [
        new(Tcp),
        new("ws"),
        new("wss"),
        new(RelayedNode.Scheme),
        new(Quic, QuicSupport.IsThere ? null : QuicSupport.Missing),
    ];

    /// <summary>What the server process is started as.</summary>
    public string ServerKind => Serving.Over + Name;
}
