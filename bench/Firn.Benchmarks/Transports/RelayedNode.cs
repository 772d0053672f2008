using Firn.Identity;
using Firn.Relays;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Benchmarks;

/// <summary>A node that is reached through a relay beside it, in one process; the address is the relay's, and the node's DID.</summary>
internal sealed class RelayedNode : IAsyncDisposable
{
    public const string Scheme = "relay";

    private readonly Node _relay;
    private readonly Node _node;

    private RelayedNode(Node relay, Node node) => (_relay, _node) = (relay, node);

    public string Address => $"{_relay.Self.Listening[0]} {_node.Self.Did}";

    public static async Task<RelayedNode> StartAsync(int interval)
    {
        var relay = await FirnNodes.StartAsync("relay", interval, isRelay: true);
        var node = await FirnServer.StartAsync(interval, FirnNodes.Loopback);
        await node.ConnectAsync(relay.Self.Listening[0]);
        return new RelayedNode(relay, node);
    }

    /// <summary>What dials such a node: with a carrier, a node of its own that is the relay's peer, so that nothing but relaying takes part.</summary>
    public static async Task<ITransport> DialAsync(string address)
    {
        var parts = address.Split(' ');
        var carrier = await FirnNodes.StartAsync($"carrier-{Guid.NewGuid():N}");
        return new ThroughRelay(carrier, await carrier.ConnectAsync(parts[0]), Did.Parse(parts[1]));
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _relay.DisposeAsync();
    }

    private sealed class ThroughRelay(Node carrier, Peer relay, Did target) : ITransport, IAsyncDisposable
    {
        private readonly TcpTransport _tcp = new(new TcpOptions(), TimeProvider.System, NullLogger.Instance);

        public string Scheme => _tcp.Scheme;

        public ValueTask<ITransportListener> ListenAsync(NodeAddress address, CancellationToken cancellationToken) =>
            _tcp.ListenAsync(address, cancellationToken);

        public ValueTask<ILink> DialAsync(NodeAddress address, LeafCredential local, CancellationToken cancellationToken) =>
            RelayDialer.DialAsync(relay, target, local, cancellationToken);

        public ValueTask DisposeAsync() => carrier.DisposeAsync();
    }
}
