using System.Net;
using Firn.Identity;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>WebSockets on loopback, served by each node's own web server.</summary>
internal class WebSocketFabric(string scheme) : Fabric, IStreamFabric, ISourceFabric
{
    private readonly NodeGroup _nodes = new();
    private readonly List<WebSocketTransport> _transports = [];

    public override string Transport => scheme;

    /// <summary>What diallers go through; nothing here.</summary>
    protected virtual IWebProxy Proxy { get; } = new ProxyVariables(_ => null);

    public override Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null) => _nodes.StartAsync(name, options =>
    {
        options.Listen.Clear();
        options.Listen.Add($"{AcceptedTransport}://127.0.0.1:0");
        options.ServeWebSockets();
        options.Proxy = Proxy;
        change?.Invoke(options);
    });

    public override NodeAddress AddressOf(LiveNode node) => Outside(node.Address);

    public override Task<ILink> DialAsync(LiveNode node, LeafCredential leaf) =>
        Keep(new WebSocketTransport(scheme, new NodeOptions { Proxy = Proxy }))
            .DialAsync(AddressOf(node), leaf, CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);

    public override async Task<Trap> ListenAsync()
    {
        var transport = Keep(new WebSocketTransport(AcceptedTransport, new NodeOptions().ServeWebSockets()));
        var listener = await transport.ListenAsync(NodeAddress.Create(AcceptedTransport, "127.0.0.1", 0), CancellationToken.None);
        return new Trap(listener, Outside(listener.Bound));
    }

    public async Task<Stream> ConnectAsync(LiveNode node)
    {
        var opened = await new WebSocketDialer(new TcpOptions(), Proxy).OpenAsync(AddressOf(node), CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);
        return new WebSocketDuplex(opened.Socket, TimeProvider.System);
    }

    public void Place(NodeOptions options, int number) =>
        options.WebSocketTcp = new TcpOptions { DialFrom = IPAddress.Parse($"127.0.{1 + (number / 25)}.{1 + number}") };

    public override async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync();
        foreach (var transport in _transports)
            await transport.DisposeAsync();
    }

    /// <summary>Where what listens at <paramref name="bound"/> is dialled.</summary>
    protected virtual NodeAddress Outside(NodeAddress bound) => bound;

    private WebSocketTransport Keep(WebSocketTransport transport)
    {
        lock (_transports)
            _transports.Add(transport);
        return transport;
    }
}

/// <summary><c>wss</c> through a proxy that takes HTTP CONNECT and asks for credentials.</summary>
internal sealed class ProxiedFabric : WebSocketFabric
{
    private readonly ProxyServer _proxy = new() { Credential = new NetworkCredential("user", "password") };

    public ProxiedFabric()
        : base("wss") => Proxy = new ProxyVariables(name => name == "HTTPS_PROXY" ? $"http://user:password@127.0.0.1:{_proxy.Port}" : null);

    protected override IWebProxy Proxy { get; }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    /// <summary>What is on this machine never goes through a proxy, so it has a name that nobody but the proxy knows.</summary>
    protected override NodeAddress Outside(NodeAddress bound) => NodeAddress.Create("wss", "node.test", bound.Port);
}
