using System.Buffers;
using System.Runtime.CompilerServices;

namespace Firn.Benchmarks;

/// <summary>Calls of one process, and large messages to another, over one session.</summary>
internal sealed class FirnCalls(Node node, Pid<ReadOnlyMemory<byte>> echo, Pid<ReadOnlyMemory<byte>> sink) : ICallConnection
{
    private long _sent;

    public static async Task<FirnCalls> ConnectAsync(ServerProcess server)
    {
        var (node, peer) = await FirnNodes.ConnectAsync(server);
        return new FirnCalls(
            node,
            await peer.SpawnAsync<ReadOnlyMemory<byte>, int>(FirnServer.Echo, 0),
            await peer.SpawnAsync<ReadOnlyMemory<byte>, int>(FirnServer.Sink, 0));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask CallAsync(int caller)
    {
        using var reply = await echo.CallAsync<IMemoryOwner<byte>>(Payloads.Small, FirnNodes.Patience);
    }

    public async ValueTask SendLargeAsync()
    {
        await sink.SendAsync(Payloads.Large);
        Interlocked.Increment(ref _sent);
    }

    public async ValueTask FinishAsync()
    {
        if (await sink.CallAsync<long>(default, FirnNodes.Patience) is var arrived && arrived != _sent)
            throw new InvalidOperationException($"{_sent} large messages were sent, {arrived} arrived.");
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();
}
