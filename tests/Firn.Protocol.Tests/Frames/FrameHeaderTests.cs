using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class FrameHeaderTests
{
    [Fact]
    public void A_header_is_eight_bytes_in_network_order()
    {
        var bytes = new byte[FrameHeader.Size];
        new FrameHeader((FrameType)0x91, 0x0F, 0x1234, 0x89ABCDEF).Write(bytes);
        Convert.ToHexString(bytes).ShouldBe("910F123489ABCDEF");
    }

    [Fact]
    public void Every_header_reads_back() =>
        Prop.ForAll<byte, byte, ushort>((type, flags, length) =>
        {
            uint channel = (uint)(type << 24 | flags << 16 | length);
            var header = new FrameHeader((FrameType)type, flags, length, channel);
            var bytes = new byte[FrameHeader.Size + 3];
            header.Write(bytes);
            FrameHeader.TryRead(bytes, out var again).ShouldBeTrue();
            again.ShouldBe(header);
        }).Check();

    [Fact]
    public void Seven_bytes_are_no_header()
    {
        FrameHeader.TryRead(new byte[7], out _).ShouldBeFalse();
        FrameHeader.TryRead(new byte[8], out _).ShouldBeTrue();
    }

    [Fact]
    public void The_default_frame_fills_one_TLS_record_and_the_largest_is_64_KiB()
    {
        (FrameHeader.Size + FrameHeader.DefaultMaxPayload).ShouldBe(16_384);
        (FrameHeader.Size + FrameHeader.MaxPayload).ShouldBe(65_536);
        new FrameReader(FrameHeader.MaxPayload).BufferSize.ShouldBe(65_536);
    }

    [Theory]
    [InlineData(FrameHeader.DefaultMaxPayload - 1)]
    [InlineData(FrameHeader.MaxPayload + 1)]
    public void A_reader_takes_only_limits_that_a_peer_may_announce(int maxPayload) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new FrameReader(maxPayload));
}
