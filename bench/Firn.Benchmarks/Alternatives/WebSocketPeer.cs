using System.Net.WebSockets;

namespace Firn.Benchmarks;

/// <summary>What the WebSocket's contestants are called, and how they connect.</summary>
internal static class WebSocketPeer
{
    public const string Name = "websocket";

    public static async Task<ClientWebSocket> ConnectAsync(ServerProcess server, string path)
    {
        var socket = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = RawTls.Client(isChecked: true) }, disposeHandler: false);
        await socket.ConnectAsync(new Uri($"wss://{server.Address}{path}"), invoker, default);
        return socket;
    }

    public static async Task CloseAsync(ClientWebSocket socket)
    {
        if (socket.State == WebSocketState.Open)
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        socket.Dispose();
    }

    public static ValueTask SendAsync(ClientWebSocket socket, ReadOnlyMemory<byte> message) =>
        socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, default);
}
