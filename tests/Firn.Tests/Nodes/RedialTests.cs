namespace Firn.Tests.Nodes;

/// <summary>Who dials again after an end, and who does not; on virtual time, so that hours prove it.</summary>
public sealed class RedialTests : VirtualNodeFixture
{
    private const double Hour = 3600;

    [Fact]
    public async Task After_a_hangup_neither_side_dials_until_one_is_told_to()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b", o => o.Peers.Add(a.Address.ToString()));
        await DriveAsync(b.PeerAsync("a"));
        var peer = await DriveAsync(a.PeerAsync("b"));
        await DriveAsync(1);

        await DriveAsync(peer.HangupAsync());

        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Hangup);
        (await b.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Hangup);
        long dials = Network.Dials;
        Time.Advance(TimeSpan.FromSeconds(Hour));
        await DriveAsync(1);
        Network.Dials.ShouldBe(dials);

        await DriveAsync(b.ConnectAsync(a));
        await DriveAsync(a.PeerAsync("b"));
    }

    [Fact]
    public async Task A_configured_peer_is_dialled_again_after_its_shutdown()
    {
        var b = await StartAsync("b");
        var a = await StartAsync("a", o => o.Peers.Add(b.Address.ToString()));
        await DriveAsync(a.PeerAsync("b"));

        await DriveAsync(b.DisposeAsync().AsTask());
        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Shutdown);
        await DriveAsync(a.Events.FirstAsync<DialFailedEvent>());

        await StartAsync("b2", o => (o.Transports, o.Listen[0]) = (b.Options.Transports, b.Options.Listen[0]));
        await DriveAsync(a.PeerAsync("b2"));
    }

    [Fact]
    public async Task A_peer_that_was_only_told_of_is_not_dialled_after_its_shutdown()
    {
        var seed = await StartAsync("seed");
        var a = await StartAsync("a", o => o.Peers.Add(seed.Address.ToString()));
        var b = await StartAsync("b", o => o.Peers.Add(seed.Address.ToString()));
        await DriveAsync(a.PeerAsync("b"));
        await DriveAsync(b.PeerAsync("a"));
        await DriveAsync(2);

        await DriveAsync(b.DisposeAsync().AsTask());
        await DriveAsync(a.WaitUntilPeersAsync(seed));
        await DriveAsync(seed.WaitUntilPeersAsync(a));
        long dials = Network.Dials;
        for (int i = 0; i < 60; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(5));
            await DriveAsync(0.02);
        }

        Network.Dials.ShouldBe(dials);
        a.Node.Peers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_told_peer_whose_connection_broke_is_dialled_again()
    {
        var seed = await StartAsync("seed");
        var a = await StartAsync("a", o => o.Peers.Add(seed.Address.ToString()));
        var b = await StartAsync("b", o => o.Peers.Add(seed.Address.ToString()));
        await DriveAsync(a.PeerAsync("b"));
        await DriveAsync(b.PeerAsync("a"));
        await DriveAsync(1);

        Network.Cut("a", "b").ShouldBe(1);

        (await DriveAsync(a.Events.FirstAsync<PeerDownEvent>())).Reason.ShouldBe(EndReason.TransportError);
        await DriveAsync(a.WaitUntilPeersAsync(seed, b));
        await DriveAsync(b.WaitUntilPeersAsync(seed, a));
    }
}
