using System.Buffers.Binary;
using System.Net.WebSockets;

namespace Firn.Benchmarks;

internal static class WebSocketServer
{
    /// <summary>Counts messages, and says how many came when the client closes.</summary>
    public static async Task CountAsync(WebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        long count = 0;
        while ((await socket.ReceiveAsync(buffer.AsMemory(), default)).MessageType != WebSocketMessageType.Close)
            count++;
        BinaryPrimitives.WriteInt64BigEndian(buffer, count);
        await socket.SendAsync(buffer.AsMemory(0, sizeof(long)), WebSocketMessageType.Binary, endOfMessage: true, default);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    /// <summary>Sends small messages back, and takes large ones as a whole.</summary>
    public static async Task AnswerAsync(WebSocket socket)
    {
        var buffer = new byte[Payloads.Large.Length];
        int held = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(held), default) is var part && part.MessageType != WebSocketMessageType.Close)
        {
            held += part.Count;
            if (!part.EndOfMessage)
                continue;
            if (held <= Payloads.Small.Length)
                await socket.SendAsync(buffer.AsMemory(0, held), WebSocketMessageType.Binary, endOfMessage: true, default);
            held = 0;
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }
}
