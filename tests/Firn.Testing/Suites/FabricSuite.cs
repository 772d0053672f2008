using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>
/// What every suite of transport tests begins with. A transport passes a suite by a class of two lines that derives from it and names the
/// fabric; where that is missing on this machine, its tests are skipped with the fabric's reason.
/// </summary>
public abstract class FabricSuite : IAsyncLifetime
{
    private protected FabricSuite(Func<Fabric> create) => Fabric = create();

    private protected Fabric Fabric { get; }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Skip.If(Fabric.Missing is not null, Fabric.Missing);
        await Fabric.BeginAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Fabric.DisposeAsync();

    private protected Task<LiveNode> StartAsync(string name, Action<NodeOptions>? change = null) => Fabric.StartAsync(name, change);

    private protected Task<Peer> ConnectAsync(LiveNode from, LiveNode to) =>
        Fabric.DialAsync(from, Fabric.AddressOf(to)).WaitAsync(EventLog.Ceiling);

    private protected Task<FirnException> DialFailureAsync(LiveNode from, NodeAddress to) =>
        Should.ThrowAsync<FirnException>(() => Fabric.DialAsync(from, to).WaitAsync(EventLog.Ceiling));

    private protected Task<FirnException> DialFailureAsync(LiveNode from, LiveNode to) => DialFailureAsync(from, Fabric.AddressOf(to));

    /// <summary>Two connected nodes, as each sees the other; alpha dialled.</summary>
    private protected async Task<Pair> PairAsync(Action<NodeOptions>? change = null)
    {
        var (alpha, beta) = (await StartAsync("alpha", change), await StartAsync("beta", change));
        var there = await ConnectAsync(alpha, beta);
        return new Pair(alpha, beta, there, await beta.PeerAsync("alpha"));
    }

    /// <summary>The rogue's link to a node, on which nothing is said yet.</summary>
    private protected async Task<RogueLink> DialAsync(Rogue rogue, LiveNode node, string? expectedName = null, Did? expectedDid = null) =>
        rogue.Begin(await Fabric.DialAsync(node, rogue.Leaf), expectedName, expectedDid);

    /// <summary>The node is as open to a member as ever.</summary>
    private protected async Task ShouldStillTakeMembersAsync(LiveNode node)
    {
        var member = await StartAsync("member");
        (await (await ConnectAsync(member, node)).PingAsync().WaitAsync(EventLog.Ceiling)).ShouldBeGreaterThan(TimeSpan.Zero);
    }
}

/// <summary>Two connected nodes.</summary>
/// <param name="Alpha">The one that dialled.</param>
/// <param name="Beta">The other.</param>
/// <param name="There">Beta, as alpha sees it.</param>
/// <param name="Back">Alpha, as beta sees it.</param>
internal sealed record Pair(LiveNode Alpha, LiveNode Beta, Peer There, Peer Back);
