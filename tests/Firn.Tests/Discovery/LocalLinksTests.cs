using System.Net;
using Firn.Discovery;

namespace Firn.Tests.Discovery;

/// <summary>Where a node looks for others, and what it shows there.</summary>
public sealed class LocalLinksTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(false, "tcp://127.0.0.1:1", "tcp://[::1]:1", "quic://127.0.0.1:1")]
    [InlineData(false, "wss://0.0.0.0:443")]
    [InlineData(false, "tcp://some.name:1")]
    [InlineData(true, "tcp://127.0.0.1:1", "tcp://10.0.0.1:1")]
    [InlineData(true, "tcp://[::]:1")]
    [InlineData(true, "quic://0.0.0.0:1")]
    public void A_node_that_others_cannot_reach_neither_shows_itself_nor_looks(bool isOfUse, params string[] listening) =>
        LocalLinks.AreOfUse(listening.Select(NodeAddress.Parse)).ShouldBe(isOfUse);

    [Fact]
    public void No_link_is_that_of_loopback_and_none_shows_what_is_not_listened_on()
    {
        // Whatever this machine has.
        foreach (var link in LocalLinks.Find([NodeAddress.Parse("tcp://0.0.0.0:77"), NodeAddress.Parse("quic://[::]:78")]))
        {
            link.Addresses.ShouldAllBe(a => !IPAddress.IsLoopback(a.Address) && a.Address.ToString().IndexOf('%') < 0);
            link.Services.Select(s => s.Port).ShouldBeSubsetOf([(ushort)77, (ushort)78]);
            link.Shown.ShouldBeSubsetOf(link.Addresses.Select(a => a.Address));
        }

        foreach (var link in LocalLinks.Find([NodeAddress.Parse("tcp://127.0.0.1:77")]))
        {
            link.Services.ShouldBeEmpty();
            link.Shown.ShouldBeEmpty();
        }
    }
}
