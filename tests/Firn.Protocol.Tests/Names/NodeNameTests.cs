using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class NodeNameTests
{
    [Theory]
    [InlineData("", 1, "expected a name")]
    [InlineData("@host", 1, "expected a name")]
    [InlineData("alpha", 6, "expected '@' and a host")]
    [InlineData("alpha@", 7, "expected a host")]
    [InlineData("al pha@host", 3, "a space is not allowed in a name")]
    [InlineData("al.pha@host", 3, "'.' is not allowed in a name")]
    [InlineData("älpha@host", 1, "U+00E4 is not allowed in a name")]
    [InlineData("alpha\n@host", 6, "U+000A is not allowed in a name")]
    [InlineData("alpha@ho st", 9, "a space is not allowed in a host")]
    [InlineData("alpha@ho@st", 9, "'@' is not allowed in a host")]
    [InlineData("alpha@host:80", 11, "an IPv6 address is written in brackets")]
    [InlineData("alpha@::1", 7, "an IPv6 address is written in brackets")]
    [InlineData("alpha@.host", 7, "no empty part")]
    [InlineData("alpha@ho..st", 10, "no empty part")]
    [InlineData("alpha@host.", 11, "does not end in a dot")]
    [InlineData("alpha@.", 7, "no empty part")]
    [InlineData("alpha@256.1.1.1", 7, "expected an IPv4 address")]
    [InlineData("alpha@10.1", 7, "expected an IPv4 address")]
    [InlineData("alpha@1", 7, "expected an IPv4 address")]
    [InlineData("alpha@010.0.0.1", 7, "expected an IPv4 address")]
    [InlineData("alpha@1.2.3.4.5", 7, "expected an IPv4 address")]
    [InlineData("alpha@0x7f000001", 7, "expected an IPv4 address")]
    [InlineData("alpha@127.0x1", 7, "expected an IPv4 address")]
    [InlineData("alpha@a.1", 7, "expected an IPv4 address")]
    [InlineData("alpha@[::1", 11, "expected ']'")]
    [InlineData("alpha@[::1]x", 12, "nothing but a port")]
    [InlineData("alpha@[]", 8, "expected an IPv6 address")]
    [InlineData("alpha@[::g]", 10, "'g' is not allowed in an IPv6 address")]
    [InlineData("alpha@[fe80::1%eth0]", 15, "'%' is not allowed in an IPv6 address")]
    [InlineData("alpha@[1.2.3.4]", 8, "expected an IPv6 address")]
    [InlineData("alpha@[1:2:3:4:5:6:7:8:9]", 8, "expected an IPv6 address")]
    [InlineData("alpha@[::1::2]", 8, "expected an IPv6 address")]
    public void A_malformed_name_is_refused_with_the_place_and_the_reason(string text, int character, string reason)
    {
        NodeName.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldContain($": at character {character}: ");
        error.ShouldContain(reason);
        error.ShouldNotContain("\n");

        var thrown = Should.Throw<FirnException>(() => NodeName.Parse(text));
        thrown.Reason.ShouldBe(FailureReason.InvalidInput);
        thrown.Message.ShouldBe(error);
    }

    [Fact]
    public void A_part_over_its_length_is_refused_at_the_first_character_too_many()
    {
        NodeName.TryParse(new string('a', 64) + "@" + new string('b', 63), out _, out _).ShouldBeTrue();
        NodeName.TryParse(new string('a', 65) + "@host", out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldContain("character 65: a name has at most 64");

        NodeName.TryParse("a@" + new string('b', 64), out _, out error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldContain("character 66: a part of a host has at most 63");

        string longest = string.Join('.', [.. Enumerable.Repeat(new string('b', 63), 3), new string('b', 61)]);
        NodeName.TryParse("a@" + longest, out _, out _).ShouldBeTrue();
        NodeName.TryParse("a@" + longest + "b", out _, out error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldContain("character 256: a host has at most 253");
    }

    [Theory]
    [InlineData("Alpha@HOST.Lan", "Alpha@host.lan")]
    [InlineData("a_b-C9@my_host", "a_b-C9@my_host")]
    [InlineData("a@192.0.2.1", "a@192.0.2.1")]
    [InlineData("a@[0:0:0:0:0:0:0:1]", "a@[::1]")]
    [InlineData("a@[2001:DB8:0:0:1:0:0:1]", "a@[2001:db8::1:0:0:1]")]
    [InlineData("a@[::FFFF:192.0.2.1]", "a@[::ffff:192.0.2.1]")]
    public void Every_spelling_of_a_name_has_one_canonical_form(string text, string canonical)
    {
        var name = NodeName.Parse(text);
        name.ToString().ShouldBe(canonical);
        name.ShouldBe(NodeName.Parse(canonical));
    }

    [Fact]
    public void Names_differ_by_case_and_hosts_do_not()
    {
        NodeName.Parse("alpha@host").ShouldNotBe(NodeName.Parse("Alpha@host"));
        NodeName.Parse("alpha@host").ShouldBe(NodeName.Parse("alpha@HOST"));
    }

    [Theory]
    [InlineData("alpha", true)]
    [InlineData("alpha@host", true)]
    [InlineData("alpha@HOST", true)]
    [InlineData("Alpha", false)]
    [InlineData("alph", false)]
    [InlineData("alpha@other", false)]
    [InlineData("alpha@", false)]
    [InlineData("", false)]
    public void An_expected_name_is_met_by_the_full_name_or_its_first_part(string expected, bool matches) =>
        NodeName.Parse("alpha@host").Matches(expected).ShouldBe(matches);

    [Fact]
    public void Every_name_reads_back_from_what_it_prints() =>
        Prop.ForAll(Names.Arbitrary, parts =>
        {
            var name = NodeName.Parse($"{parts.Name}@{parts.Host}");
            name.Name.ShouldBe(parts.Name);
            NodeName.Parse(name.ToString()).ShouldBe(name);
            name.ToString().ShouldBe(NodeName.Parse(name.ToString()).ToString());
        }).Check();
}
