using Google.Protobuf;

namespace Firn.Protocol.Tests;

public class ExitReasonTests
{
    [Fact]
    public void Every_reason_crosses_the_wire_intact()
    {
        foreach (var kind in Enum.GetValues<ExitKind>())
        {
            foreach (string? text in new[] { null, "why", "é😀", new string('x', ExitReason.MaxText) })
            {
                var reason = new ExitReason(kind, text);
                Cross(reason).ShouldBe(reason);
            }
        }
    }

    [Fact]
    public void An_empty_text_is_none() => Cross(ExitReason.Error("")).ShouldBe(new ExitReason(ExitKind.Error));

    [Fact]
    public void A_long_text_is_cut_at_1024_characters_and_never_within_one()
    {
        Cross(ExitReason.Custom(new string('x', 2_000))).Text.ShouldBe(new string('x', 1024));
        Cross(ExitReason.Custom(new string('x', 1023) + "😀")).Text.ShouldBe(new string('x', 1023));
        Cross(ExitReason.Custom(new string('x', 1022) + "😀!")).Text.ShouldBe(new string('x', 1022) + "😀");
    }

    [Fact]
    public void Half_a_surrogate_pair_does_not_keep_a_reason_from_travelling() =>
        Cross(ExitReason.Error("a\uD83Db\uDE00")).Text.ShouldBe("a\uFFFDb\uFFFD");

    [Fact]
    public void What_a_peer_sends_too_long_is_cut_as_well() =>
        ExitReason.FromWire(new Wire.ExitReason { Kind = Wire.ExitKind.Custom, Text = new string('x', 1023) + "😀" })
            .ShouldBe(ExitReason.Custom(new string('x', 1023)));

    [Fact]
    public void A_kind_of_a_later_version_is_an_error_and_so_is_none()
    {
        ExitReason.FromWire(new Wire.ExitReason { Kind = (Wire.ExitKind)99, Text = "x" }).ShouldBe(ExitReason.Error("x"));
        ExitReason.FromWire(new Wire.ExitReason()).ShouldBe(new ExitReason(ExitKind.Error));
        ExitReason.FromWire(null).ShouldBe(ExitReason.Error("no reason was given"));
        new ExitReason((ExitKind)99).ToWire().Kind.ShouldBe(Wire.ExitKind.Error);
    }

    [Fact]
    public void It_prints_as_kind_and_text()
    {
        ExitReason.Error("disk full").ToString().ShouldBe("Error: disk full");
        ExitReason.Killed.ToString().ShouldBe("Killed");
    }

    private static ExitReason Cross(ExitReason reason) =>
        ExitReason.FromWire(Wire.ExitReason.Parser.ParseFrom(reason.ToWire().ToByteArray()));
}
