namespace Firn.Testing;

/// <summary>A running node of a test and what happens at it.</summary>
internal sealed class LiveNode(Node node, NodeOptions options) : IAsyncDisposable
{
    public Node Node => node;

    public NodeOptions Options => options;

    public EventLog Events { get; } = new(node);

    /// <summary>Its name before the <c>@</c>.</summary>
    public string Name => node.Self.Name.Name;

    /// <summary>Where it listens.</summary>
    public NodeAddress Address => node.Self.Listening[0];

    public Task<Peer> ConnectAsync(LiveNode other) => node.ConnectAsync(other.Address).WaitAsync(EventLog.Ceiling);

    /// <summary>Its peer called <paramref name="name"/>, as soon as that is connected.</summary>
    public async Task<Peer> PeerAsync(string name)
    {
        await Events.WhenAsync(_ => Names.Contains(name), $"{name} to be a peer");
        return node.Peers.First(peer => peer.Name.Name == name);
    }

    /// <summary>Waits until its peers are these and no others.</summary>
    public Task WaitUntilPeersAsync(params IEnumerable<LiveNode> others)
    {
        string[] expected = [.. others.Select(other => other.Name).Order(StringComparer.Ordinal)];
        return Events.WhenAsync(_ => Names.SequenceEqual(expected), $"its peers to be {string.Join(", ", expected)}; they are {string.Join(", ", Names)}");
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    private IEnumerable<string> Names => node.Peers.Select(peer => peer.Name.Name).Order(StringComparer.Ordinal);
}
