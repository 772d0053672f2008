using System.Net;
using Firn.Identity;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Testing;

/// <summary>QUIC on loopback, where the machine has it.</summary>
internal sealed class QuicFabric : Fabric, ISourceFabric
{
    private readonly NodeGroup _nodes = new();
    private readonly QuicTransport _quic = new(new QuicOptions(), TimeProvider.System, NullLogger.Instance);

    public override string Transport => "quic";

    public override string? Missing => Prerequisites.MissingQuic();

    public override Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null) => _nodes.StartAsync(name, options =>
    {
        options.Listen.Clear();
        options.Listen.Add("quic://127.0.0.1:0");
        change?.Invoke(options);
    });

    public override Task<ILink> DialAsync(LiveNode node, LeafCredential leaf) =>
        _quic.DialAsync(node.Address, leaf, CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);

    public override async Task<Trap> ListenAsync()
    {
        var listener = await _quic.ListenAsync(NodeAddress.Parse("quic://127.0.0.1:0"), CancellationToken.None);
        return new Trap(listener, listener.Bound);
    }

    public void Place(NodeOptions options, int number) => options.Transports =
    [
        new QuicTransport(new QuicOptions { DialFrom = IPAddress.Parse($"127.0.{1 + (number / 25)}.{1 + number}") }, TimeProvider.System, NullLogger.Instance),
    ];

    public override ValueTask DisposeAsync() => _nodes.DisposeAsync();
}
