using System.Net.Security;

namespace Firn.Benchmarks;

/// <summary>Many connections or sessions between this process and a server, none of them used. What is returned keeps them alive.</summary>
internal static class IdleSessions
{
    private const int DiallingAtATime = 16;

    /// <summary>Raw connections, each waiting in a read of zero bytes at either end.</summary>
    public static async Task<object> RawAsync(ServerProcess server, int count)
    {
        var connections = new (SslStream, Task)[count];
        await ForEachAsync(count, async i =>
        {
            var connection = await RawClient.ConnectAsync(server.Address);
            connections[i] = (connection, connection.ReadAsync(Memory<byte>.Empty).AsTask());
        });
        return connections;
    }

    /// <summary>A session of each node with the server's.</summary>
    public static async Task<object> FirnAsync(ServerProcess server, ReadOnlyMemory<Node> nodes)
    {
        await ForEachAsync(nodes.Length, i => nodes.Span[i].ConnectAsync(server.Address));
        return nodes;
    }

    private static Task ForEachAsync(int count, Func<int, Task> connect) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = DiallingAtATime }, async (i, _) => await connect(i));
}
