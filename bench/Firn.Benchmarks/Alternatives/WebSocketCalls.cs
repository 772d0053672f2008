using System.Net.WebSockets;

namespace Firn.Benchmarks;

/// <summary>A call and its reply are a WebSocket message each, and so is a large message.</summary>
internal sealed class WebSocketCalls(ClientWebSocket socket) : ICallConnection
{
    private readonly byte[] _reply = new byte[Payloads.Small.Length];

    public static async Task<WebSocketCalls> ConnectAsync(ServerProcess server) =>
        new(await WebSocketPeer.ConnectAsync(server, KestrelServer.Calls));

    public async ValueTask CallAsync(int caller)
    {
        await WebSocketPeer.SendAsync(socket, Payloads.Small);
        await socket.ReceiveAsync(_reply.AsMemory(), default);
    }

    public ValueTask SendLargeAsync() => WebSocketPeer.SendAsync(socket, Payloads.Large);

    public async ValueTask DisposeAsync() => await WebSocketPeer.CloseAsync(socket);
}
