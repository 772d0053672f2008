using System.Net;

namespace Firn.Protocol.Tests;

public class SourceTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:2::/64")]
    [InlineData("::1", "::/64")]
    [InlineData("fe80::1%3", "fe80::/64")]
    public void An_address_counts_against_its_source(string address, string source) =>
        Source.Of(IPAddress.Parse(address)).ToString().ShouldBe(source);

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:c000:201", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("::192.0.2.1", "192.0.2.1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void Two_addresses_of_one_customer_are_one_source(string one, string other, bool same) =>
        (Source.Of(IPAddress.Parse(one)) == Source.Of(IPAddress.Parse(other))).ShouldBe(same);

    [Fact]
    public void Behind_a_relay_every_asker_is_a_source_of_its_own_at_each_relay()
    {
        Did relay = Pair.Key("relay").Did, other = Pair.Key("other").Did, asker = Pair.Key("asker").Did;
        Source.Through(relay, asker).ShouldBe(Source.Through(relay, Did.Parse(asker.ToString())));
        Source.Through(relay, asker).ShouldNotBe(Source.Through(relay, other));
        Source.Through(relay, asker).ShouldNotBe(Source.Through(other, asker));
        Source.Through(relay, asker).ShouldNotBe(Source.Of(IPAddress.Any));
        Source.Through(relay, asker).ToString().ShouldBe($"{asker} via {relay}");
    }
}
