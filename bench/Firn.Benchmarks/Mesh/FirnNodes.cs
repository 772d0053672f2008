using Firn.Transports;

namespace Firn.Benchmarks;

/// <summary>Nodes without a home, mesh or discovery: every session of a benchmark is one that it dialled itself.</summary>
internal static class FirnNodes
{
    private static int _last;

    /// <summary>What calls wait for a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public const string Loopback = "tcp://127.0.0.1:0";

    private const string Cookie = "firn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    public static Task<Node> StartAsync(
        string name, int pingInterval = 15_000, string listen = Loopback, bool isRelay = false, ITransport? instead = null)
    {
        var options = new NodeOptions
        {
            Name = $"{name}@bench",
            Ephemeral = true,
            Cookie = Cookie,
            Mesh = MeshMode.None,
            Discovery = false,
            PingInterval = TimeSpan.FromMilliseconds(pingInterval),
            Relay = isRelay,
            Transports = instead is null ? null : [instead],
        };
        options.Listen.Add(listen);
        return Node.StartAsync(options.ServeWebSockets());
    }

    /// <summary>A node that is connected with the server's.</summary>
    public static async Task<(Node Node, Peer Peer)> ConnectAsync(ServerProcess server)
    {
        var node = await StartForAsync(server);
        return (node, await node.ConnectAsync(server.DialledAt));
    }

    /// <summary>A node that dials the server's by the way that it takes.</summary>
    public static async Task<Node> StartForAsync(ServerProcess server) => await StartAsync(
        $"dialler-{Interlocked.Increment(ref _last)}", instead: server.IsRelayed ? await RelayedNode.DialAsync(server.Address) : null);

    /// <summary>Nodes to dial from, each with an identity and a name that no other has had.</summary>
    public static async Task<Node[]> StartAsync(int count, int pingInterval = 15_000)
    {
        var nodes = new Node[count];
        await Parallel.ForAsync(0, count, async (i, _) => nodes[i] = await StartAsync($"dialler-{Interlocked.Increment(ref _last)}", pingInterval));
        return nodes;
    }

    public static Task DisposeAsync(IEnumerable<Node> nodes) => Parallel.ForEachAsync(nodes, (node, _) => node.DisposeAsync());
}
