using System.Net;
using Google.Protobuf;

namespace Firn.Protocol.Tests.Handshake;

public sealed class DescriptionTests
{
    private static readonly PeerDescription Full = new()
    {
        SoftwareVersion = "0.1.0",
        Capabilities = ["entry", "exit", "x-1.2"],
        RoleHint = new RoleHint(RoleHintMode.Exclude, NodeRole.Relay),
        Routes = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")],
        Addresses = [NodeAddress.Parse("tcp://[fd00::1]:3476"), NodeAddress.Parse("wss://mesh.example.org/".TrimEnd('/'))],
        MaxFramePayload = 65_528,
    };

    [Fact]
    public void A_description_reads_back_as_it_was()
    {
        Decode(PeerDescriptionCodec.Encode(Full)).ShouldBe(Full);
        Decode(PeerDescriptionCodec.Encode(new PeerDescription())).ShouldBe(new PeerDescription());
    }

    [Fact]
    public void Two_descriptions_are_equal_when_they_say_the_same()
    {
        var same = Full with { Capabilities = [.. Full.Capabilities] };
        same.ShouldBe(Full);
        same.GetHashCode().ShouldBe(Full.GetHashCode());
        (Full with { Capabilities = ["entry"] }).ShouldNotBe(Full);
    }

    [Fact]
    public void The_roles_of_the_API_are_those_of_the_wire()
    {
        Enum.GetNames<NodeRole>().ShouldBe(Enum.GetNames<Wire.Role>());
        Enum.GetNames<RoleHintMode>().ShouldBe(Enum.GetNames<Wire.RoleHintMode>());
        Enum.GetValues<NodeRole>().Cast<int>().ShouldBe(Enum.GetValues<Wire.Role>().Cast<int>());
        Enum.GetValues<RoleHintMode>().Cast<int>().ShouldBe(Enum.GetValues<Wire.RoleHintMode>().Cast<int>());
    }

    [Fact]
    public void Nothing_said_of_limits_means_the_default() => Decode([]).MaxFramePayload.ShouldBe(16_376);

    [Fact]
    public void A_node_that_describes_itself_too_amply_is_told_so()
    {
        PeerDescription[] excessive =
        [
            Full with { SoftwareVersion = new string('1', 65) },
            Full with { SoftwareVersion = "1\n" },
            Full with { Capabilities = [.. Enumerable.Repeat("c", 33)] },
            Full with { Capabilities = [""] },
            Full with { Capabilities = [new string('c', 65)] },
            Full with { Capabilities = ["Exit"] },
            Full with { RoleHint = new RoleHint((RoleHintMode)9, NodeRole.Exit) },
            Full with { Routes = [.. Enumerable.Repeat(Full.Routes[0], 257)] },
            Full with { Addresses = [.. Enumerable.Repeat(Full.Addresses[0], 9)] },
            Full with { Addresses = [NodeAddress.Parse("b@host:1")] },
            Full with { Addresses = [NodeAddress.Parse("host:0")] },
            Full with { MaxFramePayload = 16_375 },
            Full with { MaxFramePayload = 65_529 },
            Full with { Routes = [.. Enumerable.Repeat(IPNetwork.Parse("fd00:1234:5678:9abc::/64"), 256)] },   // over 4 KiB
        ];
        foreach (var description in excessive)
        {
            var failure = Should.Throw<FirnException>(() => PeerDescriptionCodec.Encode(description));
            failure.Reason.ShouldBe(FailureReason.InvalidInput);
        }
    }

    [Fact]
    public void A_peers_description_outside_a_limit_is_refused()
    {
        Action<Wire.Description>[] changes =
        [
            d => d.SoftwareVersion = "\u001b[2J",
            d => d.Capabilities.AddRange(Enumerable.Repeat("c", 33)),
            d => d.Capabilities.Add("no blanks"),
            d => d.RoleHint.Mode = (Wire.RoleHintMode)4,
            d => d.RoleHint.Role = (Wire.Role)(-1),
            d => d.Routes.AddRange(Enumerable.Repeat("::/0", 257)),
            d => d.Routes.Add("10.0.0.1/8"),
            d => d.Routes.Add("10/8"),
            d => d.Routes.Add("fe80::%1/64"),
            d => d.Addresses.AddRange(Enumerable.Repeat("a:1", 9)),
            d => d.Addresses.Add("ftp://a:1"),
            d => d.Addresses.Add("name@a:1"),
            d => d.Limits.MaxFramePayload = 100,
            d => d.Limits.MaxFramePayload = uint.MaxValue,
        ];
        foreach (var change in changes)
        {
            var wire = Wire.Description.Parser.ParseFrom(PeerDescriptionCodec.Encode(Full));
            change(wire);
            PeerDescriptionCodec.TryDecode(wire.ToByteArray(), out _, out var problem).ShouldBeFalse(wire.ToString());
            problem.ShouldNotBeNullOrEmpty();
            problem.ShouldNotContain("\u001b");
        }

        PeerDescriptionCodec.TryDecode(new byte[4097], out _, out _).ShouldBeFalse();
    }

    private static PeerDescription Decode(byte[] bytes)
    {
        PeerDescriptionCodec.TryDecode(bytes, out var description, out var problem).ShouldBeTrue(problem);
        return description.ShouldNotBeNull();
    }
}
