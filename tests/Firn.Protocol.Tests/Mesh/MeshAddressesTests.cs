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

    [Theory]
    [InlineData("tcp://10.0.0.1:99", true)]
    [InlineData("quic://[2001:db8::1]", true)]
    [InlineData("wss://mesh.example.com", true)]
    [InlineData("ws://mesh.example.com/firn", true)]
    [InlineData("wss://203.0.113.5", true)]
    [InlineData("wss://mesh", false)]
    [InlineData("tcp://mesh.example.com", false)]
    [InlineData("quic://mesh.example.com", false)]
    [InlineData("wss://db@mesh.example.com", false)]
    [InlineData("tcp://db@10.0.0.1", false)]
    [InlineData("10.0.0.1:0", false)]
    [InlineData("wss://mesh.example.com:0", false)]
    public void A_node_says_literal_addresses_of_itself_and_full_names_of_web_servers(string address, bool isTellable) =>
        MeshAddresses.IsTellable(NodeAddress.Parse(address)).ShouldBe(isTellable);

    [Theory]
    [InlineData("10.0.0.1:99", true)]
    [InlineData("127.0.0.1:99", false)]
    [InlineData("wss://127.0.0.1", false)]
    [InlineData("10.0.0.1:0", false)]
    [InlineData("wss://mesh.example.com", true)]
    [InlineData("wss://mesh", false)]
    [InlineData("tcp://mesh.example.com", false)]
    public void A_literal_is_judged_at_once_and_a_name_of_a_web_server_when_it_is_dialled(string told, bool isDialable) =>
        MeshAddresses.IsDialable(NodeAddress.Parse(told), IPAddress.Parse("10.0.0.9")).ShouldBe(isDialable);

    [Theory]
    [InlineData("10.0.0.1:1", true)]
    [InlineData("localhost:1", true)]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("10.0.0.1:0", false)]
    [InlineData("localhost:0", false)]
    [InlineData("0.0.0.0:1", false)]
    [InlineData("[::ffff:0.0.0.0]:1", false)]
    [InlineData("[ff02::1]:1", false)]
    public void Somebody_may_live_at_one_machine_and_port(string address, bool isSomebody) =>
        MeshAddresses.MayBeSomebody(NodeAddress.Parse(address)).ShouldBe(isSomebody);
}
