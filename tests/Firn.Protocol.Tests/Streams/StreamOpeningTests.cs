namespace Firn.Protocol.Tests;

public class StreamOpeningTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("firn/forward.v1_2-x")]
    [InlineData("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._/-")]
    public void An_opening_reads_back(string protocol)
    {
        StreamOpening.IsProtocol(protocol).ShouldBeTrue();
        byte[] wire = new byte[StreamOpening.MaxLength];
        int length = StreamOpening.Write(wire, 0x89ABCDEF, protocol);
        length.ShouldBe(4 + protocol.Length);
        StreamOpening.TryRead(wire.AsSpan(0, length), out uint window, out string again).ShouldBeTrue();
        (window, again).ShouldBe((0x89ABCDEF, protocol));
    }

    [Fact]
    public void A_protocol_has_1_to_128_characters()
    {
        StreamOpening.IsProtocol(null).ShouldBeFalse();
        StreamOpening.IsProtocol("").ShouldBeFalse();
        StreamOpening.IsProtocol(new string('a', 128)).ShouldBeTrue();
        StreamOpening.IsProtocol(new string('a', 129)).ShouldBeFalse();
        StreamOpening.TryRead(new byte[StreamOpening.MinLength - 1], out _, out _).ShouldBeFalse();
        StreamOpening.TryRead([0, 0, 0, 0, .. Enumerable.Repeat((byte)'a', 128)], out _, out _).ShouldBeTrue();
        StreamOpening.TryRead([0, 0, 0, 0, .. Enumerable.Repeat((byte)'a', 129)], out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Only_those_characters_stand_in_a_protocol()
    {
        for (int i = 0; i < 256; i++)
        {
            bool isRight = char.IsAsciiLetterOrDigit((char)i) || "._/-".Contains((char)i, StringComparison.Ordinal);
            StreamOpening.TryRead([0, 0, 1, 0, (byte)'a', (byte)i], out _, out _).ShouldBe(isRight);
            StreamOpening.IsProtocol("a" + (char)i).ShouldBe(isRight);
        }
    }

    [Fact]
    public void Random_openings_are_read_as_what_they_say_or_refused() => Fuzz.Run(mutator =>
    {
        byte[] good = new byte[StreamOpening.MaxLength];
        byte[] wire = mutator.Mutate(good[..StreamOpening.Write(good, 1 << 18, "firn/forward.v1")]);
        if (!StreamOpening.TryRead(wire, out uint window, out string protocol))
            return;

        StreamOpening.IsProtocol(protocol).ShouldBeTrue();
        byte[] again = new byte[StreamOpening.MaxLength];
        again[..StreamOpening.Write(again, window, protocol)].ShouldBe(wire);
    });
}
