using Firn.Identity;
using Firn.Transports;

namespace Firn.Testing;

/// <summary>
/// A way in which nodes reach each other, as the suites need it: how a node listens and is dialled, and how somebody hostile gets at
/// what lies under the handshake. Each test has one of its own. Time is the machine's, but for a node that is given another.
/// </summary>
internal abstract class Fabric : IAsyncDisposable
{
    /// <summary>What <see cref="Peer.Transport"/> says at the end that dialled.</summary>
    public abstract string Transport { get; }

    /// <summary>What it says at the end that was dialled.</summary>
    public virtual string AcceptedTransport => Transport;

    /// <summary>Why it cannot be used on this machine; null where it can.</summary>
    public virtual string? Missing => null;

    /// <summary>Brings up what is needed besides the nodes, once before the first.</summary>
    public virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>A node that listens this way.</summary>
    public abstract Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null);

    /// <summary>Where <paramref name="node"/> is dialled.</summary>
    public virtual NodeAddress AddressOf(LiveNode node) => node.Address;

    /// <summary>Has a node dial, and wait for its session.</summary>
    public virtual Task<Peer> DialAsync(LiveNode from, NodeAddress to, CancellationToken cancellationToken = default) =>
        from.Node.ConnectAsync(to, cancellationToken);

    /// <summary>A stranger's link to <paramref name="node"/>, secured with <paramref name="leaf"/>, on which nothing is said yet.</summary>
    /// <exception cref="FirnException">The node hung up before.</exception>
    public abstract Task<ILink> DialAsync(LiveNode node, LeafCredential leaf);

    /// <summary>Somebody who takes what is dialled, and does with it as the test likes.</summary>
    public abstract Task<Trap> ListenAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>A place to dial where no node is.</summary>
internal sealed record Trap(ITransportListener Listener, NodeAddress Address) : IAsyncDisposable
{
    public Task<IPendingLink> AcceptAsync() => Listener.AcceptAsync(CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);

    public async Task<ILink> AcceptAsync(LeafCredential leaf) =>
        await (await AcceptAsync()).SecureAsync(leaf, CancellationToken.None).AsTask().WaitAsync(EventLog.Ceiling);

    public ValueTask DisposeAsync() => Listener.DisposeAsync();
}

/// <summary>A fabric whose links are TLS over a stream that a stranger gets hold of.</summary>
internal interface IStreamFabric
{
    /// <summary>A connection to <paramref name="node"/> on which TLS has not begun.</summary>
    Task<Stream> ConnectAsync(LiveNode node);
}

/// <summary>A fabric in which one source can be told from another.</summary>
internal interface ISourceFabric
{
    /// <summary>Has a node dial as if it were on another machine than everybody else, for each <paramref name="number"/> up to 60.</summary>
    void Place(NodeOptions options, int number);
}
