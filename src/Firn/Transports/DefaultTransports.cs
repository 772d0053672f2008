namespace Firn.Transports;

/// <summary>The transports of every node, a line each.</summary>
internal static class DefaultTransports
{
    public static IReadOnlyList<ITransport> Create(NodeOptions options) =>
    [
        new TcpTransport(new TcpOptions(), options.TimeProvider, options.LoggerFactory.CreateLogger("Firn.Tcp")),
        new QuicTransport(new QuicOptions(), options.TimeProvider, options.LoggerFactory.CreateLogger("Firn.Quic")),
        new WebSocketTransport("ws", options),
        new WebSocketTransport("wss", options),
    ];

    /// <summary>For who only dials, without a node.</summary>
    public static IReadOnlyList<ITransport> ForDialling() => Create(new NodeOptions());
}
