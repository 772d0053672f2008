using System.Buffers.Binary;
using System.Net.WebSockets;

namespace Firn.Benchmarks;

/// <summary>A WebSocket message each, behind its target where there are several.</summary>
internal sealed class WebSocketMessages(ClientWebSocket socket, int senders) : ILoad
{
    private readonly SemaphoreSlim _gate = new(1);

    public static Contestant Contestant(int senders) => new(
        WebSocketPeer.Name,
        "kestrel",
        async server => new WebSocketMessages(await WebSocketPeer.ConnectAsync(server, KestrelServer.Messages), senders));

    public async Task<Work> RunAsync(CancellationToken timeUp)
    {
        await Task.WhenAll(Enumerable.Range(0, senders).Select(target => Task.Run(() => SendAsync(target, timeUp))));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        var count = new byte[sizeof(long)];
        await socket.ReceiveAsync(count.AsMemory(), default);
        return new Work(BinaryPrimitives.ReadInt64BigEndian(count));
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Dispose();
        await WebSocketPeer.CloseAsync(socket);
    }

    private async Task SendAsync(int target, CancellationToken timeUp)
    {
        var message = new byte[(senders > 1 ? sizeof(int) : 0) + Payloads.Small.Length];
        Payloads.Small.CopyTo(message, message.Length - Payloads.Small.Length);
        if (senders > 1)
            BinaryPrimitives.WriteInt32BigEndian(message, target);
        while (!timeUp.IsCancellationRequested)
        {
            await _gate.WaitAsync(CancellationToken.None);
            try
            {
                await WebSocketPeer.SendAsync(socket, message);
            }
            finally
            {
                _gate.Release();
            }
        }
    }
}
