using System.Net;

namespace Firn.Protocol.Tests.Mesh;

public sealed class MeshAddressesTests
{
    [Theory]
    [InlineData("192.168.1.2", "10.0.0.9", "192.168.1.2")]
    [InlineData("2001:db8::1", "10.0.0.9", "2001:db8::1")]
    [InlineData("::ffff:192.168.1.2", "10.0.0.9", "192.168.1.2")]
    [InlineData("0.0.0.0", "127.0.0.1", null)]
    [InlineData("0.1.2.3", "127.0.0.1", null)]
    [InlineData("::", "::1", null)]
    [InlineData("::ffff:0.0.0.0", "::1", null)]
    [InlineData("224.0.0.1", "10.0.0.9", null)]
    [InlineData("255.255.255.255", "10.0.0.9", null)]
    [InlineData("ff02::1", "fe80::1%2", null)]
    [InlineData("127.0.0.1", "10.0.0.9", null)]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1")]
    [InlineData("127.8.8.8", "::1", "127.8.8.8")]
    [InlineData("::1", "::ffff:127.0.0.1", "::1")]
    [InlineData("::1", "2001:db8::1", null)]
    [InlineData("::ffff:127.0.0.1", "2001:db8::1", null)]
    [InlineData("169.254.1.1", "10.0.0.9", null)]
    [InlineData("169.254.1.1", "169.254.9.9", "169.254.1.1")]
    [InlineData("169.254.1.1", "fe80::1%2", null)]
    [InlineData("fe80::5", "10.0.0.9", null)]
    [InlineData("fe80::5", "fe80::1%2", "fe80::5%2")]
    [InlineData("fe80::5%2", "fe80::1%2", "fe80::5%2")]
    [InlineData("fe80::5%3", "fe80::1%2", null)]
    [InlineData("192.168.1.2", null, "192.168.1.2")]
    [InlineData("127.0.0.1", null, null)]
    [InlineData("::1", null, null)]
    [InlineData("169.254.1.1", null, null)]
    [InlineData("fe80::5%2", null, null)]
    public void An_address_is_dialled_only_where_it_means_the_same(string told, string? teller, string? dialled) =>
        MeshAddresses.Dialable(IPAddress.Parse(told), teller is null ? null : IPAddress.Parse(teller))
            .ShouldBe(dialled is null ? null : IPAddress.Parse(dialled));

    [Theory]
    [InlineData("tcp://10.0.0.1:99", "10.0.0.1", 99)]
    [InlineData("quic://[2001:db8::1]", "2001:db8::1", 3476)]
    public void A_told_address_becomes_an_endpoint(string told, string address, int port) =>
        MeshAddresses.Dialable(NodeAddress.Parse(told), IPAddress.Parse("10.0.0.9"))
            .ShouldBe(new IPEndPoint(IPAddress.Parse(address), port));

    [Theory]
    [InlineData("localhost")]
    [InlineData("10.0.0.1:0")]
    [InlineData("127.0.0.1")]
    public void What_is_no_dialable_literal_becomes_none(string told) =>
        MeshAddresses.Dialable(NodeAddress.Parse(told), IPAddress.Parse("10.0.0.9")).ShouldBeNull();
}
