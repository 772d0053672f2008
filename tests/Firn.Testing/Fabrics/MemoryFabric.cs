using Firn.Identity;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>The network in memory, in real time: links without TLS, so that what fails on every other fabric but not here is TLS's or the transport's.</summary>
internal sealed class MemoryFabric(bool hasNativeStreams = false) : Fabric, ISourceFabric
{
    private readonly NodeGroup _nodes = NodeGroup.InMemory(TimeProvider.System, hasNativeStreams);
    private MemoryTransport? _stranger;
    private MemoryTransport? _trap;

    public override string Transport => "tcp";

    private MemoryNetwork Network => _nodes.Network!;

    public override Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null) => _nodes.StartAsync(name, change);

    public override Task<ILink> DialAsync(LiveNode node, LeafCredential leaf) =>
        (_stranger ??= Network.Join("stranger")).DialAsync(node.Address, leaf, CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);

    public override async Task<Trap> ListenAsync()
    {
        _trap ??= Network.Join("trap");
        var listener = await _trap.ListenAsync(NodeAddress.Create("tcp", _trap.Address.ToString(), 0), CancellationToken.None);
        return new Trap(listener, listener.Bound);
    }

    /// <summary>Every node has a machine of its own anyway.</summary>
    public void Place(NodeOptions options, int number)
    {
    }

    public override ValueTask DisposeAsync() => _nodes.DisposeAsync();
}
