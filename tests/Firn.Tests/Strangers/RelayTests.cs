using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

public sealed class RelayTests : NodeFixture
{
    /// <summary>Snow 1: with leaves properly signed by its own identity, and every byte passed on as it came.</summary>
    [Fact]
    public async Task A_relay_that_ends_TLS_on_both_sides_gets_neither_node_in()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        await using var relay = new Relay(b.Address);

        var error = await DialFailureAsync(a, relay.Address.ToString());

        error.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        var refused = await b.Events.FirstAsync<RefusedEvent>();
        refused.Reason.ShouldBe(FailureReason.AuthenticationFailed);
        refused.Message.ShouldContain("relays the connection");
        relay.Passed.ShouldBeGreaterThan(100);   // it did pass the handshake on
        a.Node.Peers.ShouldBeEmpty();
        b.Node.Peers.ShouldBeEmpty();
        a.Events.Of<PeerUpEvent>().ShouldBeEmpty();
        b.Events.Of<PeerUpEvent>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_relay_that_passes_TLS_through_is_just_a_wire()
    {
        var a = await StartAsync("a");
        var b = await StartAsync("b");
        await using var relay = new Relay(b.Address, endsTls: false);

        var peer = await a.Node.ConnectAsync(relay.Address.ToString()).WaitAsync(EventLog.Ceiling);

        peer.Did.ShouldBe(b.Node.Self.Did);
    }
}
