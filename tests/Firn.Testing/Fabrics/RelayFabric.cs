using System.Threading.Channels;
using Firn.Identity;
using Firn.Protocol;
using Firn.Relays;
using Firn.Streams;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>
/// Streams through a relay. So that the nodes of a test have no peers but each other, every one of them has a carrier: a node of its own that is
/// connected with the relay, and dials and is dialled through it.
/// </summary>
internal sealed class RelayFabric : Fabric, IStreamFabric
{
    private readonly NodeGroup _nodes = new();
    private readonly NodeGroup _carriers = new();
    private readonly Dictionary<string, RelayCarrier> _places = [];
    private LiveNode _relay = null!;
    private int _last;

    public override string Transport => RelayLeg.Transport;

    public override async Task BeginAsync() => _relay = await _carriers.StartAsync("relay", o => (o.Relay, o.Mesh) = (true, MeshMode.None));

    public override async Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null)
    {
        var carrier = await CarryAsync();
        return await _nodes.StartAsync(name, o =>
        {
            (o.Transports, o.Listen[0]) = ([carrier], carrier.Address.ToString());
            change?.Invoke(o);
        });
    }

    public override async Task<ILink> DialAsync(LiveNode node, LeafCredential leaf) =>
        await (await CarryAsync()).DialAsync(node.Address, leaf, CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);

    public async Task<Stream> ConnectAsync(LiveNode node) => await (await CarryAsync()).AskAsync(node.Address).WaitAsync(EventLog.Ceiling);

    public override async Task<Trap> ListenAsync()
    {
        var carrier = await CarryAsync();
        return new Trap(await carrier.ListenAsync(carrier.Address, CancellationToken.None), carrier.Address);
    }

    public override async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync();
        await _carriers.DisposeAsync();
    }

    private async Task<RelayCarrier> CarryAsync()
    {
        int number = Interlocked.Increment(ref _last);
        var node = await _carriers.StartAsync($"carrier-{number}", o => o.Mesh = MeshMode.None);
        await node.ConnectAsync(_relay);
        await _relay.PeerAsync(node.Name);
        lock (_places)
            return _places[node.Node.Self.Name.Host] = new RelayCarrier(node, Find, CarryAsync);
    }

    private Did Find(NodeAddress address)
    {
        lock (_places)
            return _places[address.Host].Did;
    }
}

/// <summary>Dials and listens for a node by way of its carrier's peer, the relay.</summary>
#pragma warning disable CA1001 // A listener belongs to whoever listens.
internal sealed class RelayCarrier : ITransport
#pragma warning restore CA1001
{
    private readonly LiveNode _node;
    private readonly Func<NodeAddress, Did> _find;
    private readonly Func<Task<RelayCarrier>> _other;
    private volatile RelayListener? _listener;

    public RelayCarrier(LiveNode node, Func<NodeAddress, Did> find, Func<Task<RelayCarrier>> other)
    {
        (_node, _find, _other) = (node, find, other);
        var core = node.Node.Core;
        core.Arrivals.Dispose();
        core.StreamHandlers.Add(RelayMessages.Bringing, new StreamHandler(new RelayedArrivals(core, Take).ServeAsync, KeepsStream: true));
    }

    public string Scheme => "tcp";

    public bool DialsNames => true;

    public Did Did => _node.Node.Self.Did;

    public NodeAddress Address => NodeAddress.Create(Scheme, _node.Node.Self.Name.Host, NodeAddress.DefaultPort);

    public ValueTask<ITransportListener> ListenAsync(NodeAddress address, CancellationToken cancellationToken)
    {
        _listener = new RelayListener(address);
        return new(_listener);
    }

    /// <summary>A relay joins nobody with itself: a node comes back to itself by somebody else's way.</summary>
    public async ValueTask<ILink> DialAsync(NodeAddress address, LeafCredential local, CancellationToken cancellationToken)
    {
        var target = _find(address);
        return target == Did
            ? await (await _other()).DialAsync(address, local, cancellationToken)
            : await RelayDialer.DialAsync(_node.Node.FindPeer("relay"), target, local, cancellationToken);
    }

    public Task<FirnStream> AskAsync(NodeAddress address) =>
        RelayDialer.AskAsync(_node.Node.FindPeer("relay"), _find(address), CancellationToken.None);

    private void Take(IPendingLink pending)
    {
        if (_listener?.TryOffer(pending) is not true)
            pending.Dispose();
    }
}

/// <summary>What relays bring to one node.</summary>
internal sealed class RelayListener(NodeAddress bound) : ITransportListener
{
    private readonly Channel<IPendingLink> _brought = Channel.CreateUnbounded<IPendingLink>();

    public NodeAddress Bound => bound;

    public bool TryOffer(IPendingLink pending) => _brought.Writer.TryWrite(pending);

    public async ValueTask<IPendingLink> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _brought.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(RelayListener));
        }
    }

    public ValueTask DisposeAsync()
    {
        _brought.Writer.TryComplete();
        while (_brought.Reader.TryRead(out var waiting))
            waiting.Dispose();
        return ValueTask.CompletedTask;
    }
}
