using FsCheck;
using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class NodeAddressTests
{
    [Theory]
    [InlineData("", 1, "expected a host")]
    [InlineData("tcp://", 7, "expected a host")]
    [InlineData("http://host", 1, "expected tcp, quic, wss or ws")]
    [InlineData("://host", 1, "expected tcp, quic, wss or ws")]
    [InlineData("alpha@tcp://host", 1, "expected tcp, quic, wss or ws")]
    [InlineData("tcp:/host", 5, "expected a port")]
    [InlineData("@host", 1, "expected a name")]
    [InlineData("tcp://@host", 7, "expected a name")]
    [InlineData("tcp://al.pha@host", 9, "'.' is not allowed in a name")]
    [InlineData("a@b@c", 4, "'@' is not allowed in a host")]
    [InlineData("tcp://host/path", 11, "'/' is not allowed in a host")]
    [InlineData("host name", 5, "a space is not allowed in a host")]
    [InlineData(" host", 1, "a space is not allowed in a host")]
    [InlineData("host:", 6, "expected a port")]
    [InlineData("host:-1", 6, "expected a port")]
    [InlineData("host:34x6", 8, "expected a port")]
    [InlineData("host:65536", 6, "expected a port")]
    [InlineData("host:4294967297", 6, "expected a port")]
    [InlineData("host:٣", 6, "expected a port")]
    [InlineData("host:80 ", 8, "expected a port")]
    [InlineData(":80", 1, "expected a host")]
    [InlineData("host:80:80", 5, "an IPv6 address is written in brackets")]
    [InlineData("::1", 1, "an IPv6 address is written in brackets")]
    [InlineData("2001:db8::1", 5, "an IPv6 address is written in brackets")]
    [InlineData("[::1", 5, "expected ']'")]
    [InlineData("[::1:80", 8, "expected ']'")]
    [InlineData("[::1]80", 6, "nothing but a port")]
    [InlineData("[::1]x:80", 6, "nothing but a port")]
    [InlineData("[::1]:", 7, "expected a port")]
    [InlineData("[::1]:x", 7, "expected a port")]
    [InlineData("[::1]:80:81", 9, "expected a port")]
    [InlineData("[::z]:80", 4, "'z' is not allowed in an IPv6 address")]
    [InlineData("[fe80::1%]:80", 10, "expected the number of an interface")]
    [InlineData("[fe80::1%eth0]:80", 10, "expected the number of an interface")]
    [InlineData("[fe80::1%02]:80", 10, "expected the number of an interface")]
    [InlineData("[2001:db8::1%2]:80", 14, "after an address that begins with fe80")]
    [InlineData("a@[::%2]", 7, "after an address that begins with fe80")]
    [InlineData("0x7f.1:80", 1, "expected an IPv4 address")]
    [InlineData("host.:80", 5, "does not end in a dot")]
    [InlineData("wss://host/mesh", 11, "nodes are served at /firn alone")]
    [InlineData("ws://host:80/firn/", 13, "nodes are served at /firn alone")]
    [InlineData("tcp://host/firn", 11, "'/' is not allowed in a host")]
    [InlineData("quic://host/", 12, "'/' is not allowed in a host")]
    public void A_malformed_address_is_refused_with_the_place_and_the_reason(string text, int character, string reason)
    {
        NodeAddress.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldContain($": at character {character}: ");
        error.ShouldContain(reason);
        Should.Throw<FirnException>(() => NodeAddress.Parse(text)).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Theory]
    [InlineData("beta.lan", "tcp://beta.lan:3476")]
    [InlineData("QUIC://Beta@HOST", "quic://Beta@host:3476")]
    [InlineData("wss://host", "wss://host:443")]
    [InlineData("ws://host", "ws://host:80")]
    [InlineData("wss://host/firn", "wss://host:443")]
    [InlineData("ws://b@host:81/", "ws://b@host:81")]
    [InlineData("ws://[::1]:81/firn", "ws://[::1]:81")]
    [InlineData("host:0", "tcp://host:0")]
    [InlineData("host:00080", "tcp://host:80")]
    [InlineData("host:65535", "tcp://host:65535")]
    [InlineData("192.0.2.1:1", "tcp://192.0.2.1:1")]
    [InlineData("[0:0::1]", "tcp://[::1]:3476")]
    [InlineData("[FE80:0::1%12]:80", "tcp://[fe80::1%12]:80")]
    [InlineData("b@[2001:DB8::1]:80", "tcp://b@[2001:db8::1]:80")]
    public void Every_spelling_of_an_address_has_one_canonical_form(string text, string canonical)
    {
        var address = NodeAddress.Parse(text);
        address.ToString().ShouldBe(canonical);
        address.ShouldBe(NodeAddress.Parse(canonical));
    }

    [Fact]
    public void An_address_is_the_same_whoever_has_told_it()
    {
        var own = NodeAddress.Parse("wss://mesh.example.com");
        var told = own with { IsTold = true };
        (told, told.GetHashCode(), told.ToString()).ShouldBe((own, own.GetHashCode(), own.ToString()));
    }

    [Theory]
    [InlineData("tcp", "mallory@host", 1)]
    [InlineData("tcp", "quic://host", 1)]
    [InlineData("tcp", "host:1", 2)]
    [InlineData("tcp", "", 1)]
    [InlineData("tcp", "::1", 1)]
    [InlineData("tcp", "host", -1)]
    [InlineData("tcp", "host", 65536)]
    [InlineData("http", "host", 1)]
    public void An_address_is_not_made_of_parts_that_mean_something_else(string scheme, string host, int port) =>
        Should.Throw<FirnException>(() => NodeAddress.Create(scheme, host, port)).Reason.ShouldBe(FailureReason.InvalidInput);

    [Fact]
    public void Every_address_reads_back_from_what_it_prints() =>
        Prop.ForAll(Addresses, text =>
        {
            var address = NodeAddress.Parse(text);
            NodeAddress.Parse(address.ToString()).ShouldBe(address);
            NodeAddress.Parse(address.ToString()).ToString().ShouldBe(address.ToString());
            NodeAddress.Create(address.Scheme, address.Host, address.Port).Host.ShouldBe(address.Host);
        }).Check();

    private static Arbitrary<string> Addresses => (
        from scheme in Gen.Elements("", "tcp://", "quic://", "WSS://", "ws://")
        from parts in Names.Arbitrary.Generator
        from isNamed in Gen.Elements(false, true)
        from port in Gen.OneOf(Gen.Constant(""), Gen.Choose(0, 65535).Select(p => $":{p}"))
        select $"{scheme}{(isNamed ? parts.Name + "@" : "")}{parts.Host}{port}").ToArbitrary();
}
