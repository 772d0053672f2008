using Firn.Testing;

namespace Firn.Tests.Nodes;

/// <summary>Real nodes over loopback.</summary>
public abstract class NodeFixture : IAsyncLifetime
{
    private protected NodeGroup Nodes { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Nodes.DisposeAsync();

    private protected Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null) => Nodes.StartAsync(name, change);

    /// <summary>The failure of a dial.</summary>
    private protected static Task<FirnException> DialFailureAsync(LiveNode node, string address) =>
        Should.ThrowAsync<FirnException>(() => node.Node.ConnectAsync(address).WaitAsync(EventLog.Ceiling));

    /// <inheritdoc cref="Agreement.ShouldShareOneSessionAsync"/>
    private protected static Task ShouldShareOneSessionAsync(LiveNode a, LiveNode b) => Agreement.ShouldShareOneSessionAsync(a, b);
}

/// <summary>Real nodes in memory and on virtual time, whose connections hold so many bytes in each direction.</summary>
public abstract class VirtualNodeFixture(int bufferBytes = MemoryNetwork.DefaultBuffer) : IAsyncLifetime
{
    private protected NodeGroup Nodes { get; } = NodeGroup.InMemory(bufferBytes);

    private protected VirtualTimeProvider Time => Nodes.Time!;

    private protected MemoryNetwork Network => Nodes.Network!;

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        Network.Heal();
        await Nodes.DisposeAsync();
    }

    private protected Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null) => Nodes.StartAsync(name, change);

    private protected Task DriveAsync(Task goal) => Nodes.DriveAsync(goal);

    private protected Task<T> DriveAsync<T>(Task<T> goal) => Nodes.DriveAsync(goal);

    private protected Task DriveAsync(double seconds) => Nodes.DriveAsync(TimeSpan.FromSeconds(seconds));

    /// <summary>Two connected nodes whose first pings are over; the first dialled.</summary>
    private protected async Task<(LiveNode A, LiveNode B)> PairAsync(Action<NodeOptions>? changeA = null, Action<NodeOptions>? changeB = null)
    {
        var a = await StartAsync("a", changeA);
        var b = await StartAsync("b", changeB);
        await DriveAsync(a.ConnectAsync(b));
        await DriveAsync(b.PeerAsync("a"));
        await DriveAsync(1);
        return (a, b);
    }
}
