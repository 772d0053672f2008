namespace Firn.Transports;

/// <summary>What both ends of a WebSocket of Firn agree on before its first byte (docs/protocol.md, section 2).</summary>
internal static class WebSocketProtocol
{
    /// <summary>Where a node is served, whatever the host.</summary>
    public const string Path = NodeAddress.WebSocketPath;

    /// <summary>The subprotocol (RFC 6455, section 1.9), which the server must confirm.</summary>
    public const string SubProtocol = "firn.1";
}
