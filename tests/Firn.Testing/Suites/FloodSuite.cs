using Shouldly;
using Xunit;

namespace Firn.Testing.Suites;

/// <summary>Snow 4 and 16, wallhack 4: whoever holds connections and says nothing keeps nobody else out. For fabrics that know sources.</summary>
public abstract class FloodSuite : FabricSuite
{
    private protected FloodSuite(Func<Fabric> create)
        : base(create)
    {
    }

    /// <summary>How many members come meanwhile.</summary>
    private protected virtual int Members => 12;

    [SkippableFact]
    public async Task Members_join_while_one_source_holds_all_the_silent_links_that_it_can()
    {
        var time = new VirtualTimeProvider(DateTimeOffset.UtcNow);   // stands still: no silent link ever runs into its deadline
        var seed = await StartAsync("seed", o => o.TimeProvider = time);
        using var rogue = new Rogue();
        var silent = Enumerable.Range(0, 80).Select(_ => HoldAsync(seed, rogue)).ToArray();
        await NodeGroup.UntilAsync(() => seed.Node.Core.Acceptor.Strangers >= 64, "the silent links to be taken");

        var members = await Task.WhenAll(Enumerable.Range(0, Members).Select(async i =>
        {
            var node = await StartAsync($"n{i}", o =>
            {
                o.Mesh = MeshMode.None;
                ((ISourceFabric)Fabric).Place(o, i);
            });
            await ConnectAsync(node, seed);
            return node;
        }));

        await seed.WaitUntilPeersAsync(members);
        seed.Node.Core.Acceptor.Strangers.ShouldBeGreaterThanOrEqualTo(32);   // its share is still held, unserved
        seed.Events.Of<PeerDownEvent>().ShouldBeEmpty();
        await seed.DisposeAsync();
        await Task.WhenAll(silent).WaitAsync(EventLog.Ceiling);
    }

    /// <summary>Holds a link until the node lets go of it, be it before TLS.</summary>
    private async Task HoldAsync(LiveNode node, Rogue rogue)
    {
        try
        {
            await using var link = await DialAsync(rogue, node);
            await link.Stream.ReadUntilOverAsync();
        }
        catch (FirnException)
        {
            // It never got to TLS.
        }
    }
}
