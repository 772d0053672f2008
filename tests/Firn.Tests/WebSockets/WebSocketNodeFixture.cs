using Firn.Testing;
using Firn.Tests.Nodes;
using Firn.Transports;

namespace Firn.Tests.WebSockets;

/// <summary>Nodes on loopback that are reached by WebSocket.</summary>
public abstract class WebSocketNodeFixture : NodeFixture
{
    /// <summary>No proxy, whatever the environment of the tests says.</summary>
    private protected static System.Net.IWebProxy Direct { get; } = new ProxyVariables(_ => null);

    /// <summary>A node that listens on WebSockets alone.</summary>
    private protected Task<LiveNode> ServeAsync(string name, string scheme = "ws", Action<NodeOptions>? change = null) => StartAsync(name, o =>
    {
        o.Listen.Clear();
        o.Listen.Add($"{scheme}://127.0.0.1:0");
        o.ServeWebSockets();
        o.Proxy = Direct;
        change?.Invoke(o);
    });

    /// <summary>A node that listens on TCP, and dials as told.</summary>
    private protected Task<LiveNode> DiallerAsync(string name, Action<NodeOptions>? change = null) => StartAsync(name, o =>
    {
        o.Proxy = Direct;
        change?.Invoke(o);
    });
}
