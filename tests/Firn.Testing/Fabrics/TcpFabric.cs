using System.Net;
using System.Net.Sockets;
using Firn.Identity;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Testing;

/// <summary>TCP on loopback.</summary>
internal sealed class TcpFabric : Fabric, IStreamFabric, ISourceFabric
{
    private readonly NodeGroup _nodes = new();
    private readonly TcpTransport _tcp = new(new TcpOptions(), TimeProvider.System, NullLogger.Instance);

    public override string Transport => "tcp";

    public override Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null) => _nodes.StartAsync(name, change);

    public override Task<ILink> DialAsync(LiveNode node, LeafCredential leaf) =>
        _tcp.DialAsync(node.Address, leaf, CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);

    public override async Task<Trap> ListenAsync()
    {
        var listener = await _tcp.ListenAsync(NodeAddress.Parse("127.0.0.1:0"), CancellationToken.None);
        return new Trap(listener, listener.Bound);
    }

    public async Task<Stream> ConnectAsync(LiveNode node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, node.Address.Port).WaitAsync(EventLog.Ceiling);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public void Place(NodeOptions options, int number) => options.Transports = [NodeGroup.TcpFrom($"127.0.{1 + (number / 25)}.{1 + number}")];

    public override ValueTask DisposeAsync() => _nodes.DisposeAsync();
}
