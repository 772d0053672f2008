using Firn.Testing;
using Firn.Tests.Nodes;

namespace Firn.Tests.Strangers;

public sealed class RelayTests : NodeFixture
{
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
