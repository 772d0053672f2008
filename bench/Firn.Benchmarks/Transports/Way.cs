namespace Firn.Benchmarks;

/// <summary>A way to reach a node, or to do without one.</summary>
/// <param name="Name">The name of its series.</param>
/// <param name="ServerKind">What the server process is started as.</param>
/// <param name="Missing">Why it cannot be measured here; null when it can.</param>
internal sealed record Way(string Name, string ServerKind, string? Missing = null)
{
    public const string Tcp = "tcp";
    public const string Quic = "quic";

    public static IReadOnlyList<Way> All { get; } =
    [
        new(Tcp, Serving.Over + Tcp),
        new("ws", Serving.Over + "ws"),
        new("wss", Serving.Over + "wss"),
    ];
}
