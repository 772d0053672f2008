using System.Buffers.Binary;

namespace Firn.Protocol.Tests;

/// <summary>The header of every type, against a table written apart from the rules.</summary>
public class FrameRuleTests
{
    private const int Any = FrameHeader.MaxPayload;

    // type -> whether it has a channel, its flags, shortest and longest payload
    private static readonly Dictionary<int, (bool HasChannel, byte Flags, int Min, int Max)> Table = new()
    {
        [1] = (false, 0, 8, 8),         // Ping
        [2] = (false, 0, 8, 8),         // Pong
        [3] = (false, 0, 0, Any),       // Describe
        [4] = (false, 0, 0, Any),       // Records
        [5] = (false, 0, 0, Any),       // Close
        [16] = (true, 0, 5, 132),       // StreamOpen
        [17] = (true, 1, 0, Any),       // StreamData
        [18] = (true, 0, 8, 8),         // StreamCredit
        [19] = (true, 0, 4, 4),         // StreamReset
        [32] = (true, 0, 0, Any),       // ChannelOpen
        [33] = (true, 15, 0, Any),      // Message
        [34] = (true, 1, 8, 8),         // ChannelCredit
        [35] = (true, 0, 0, 0),         // ChannelRelease
        [36] = (true, 0, 0, Any),       // ChannelClosed
        [37] = (false, 0, 9, Any),      // Reply
        [48] = (false, 0, 0, Any),      // Monitor
        [49] = (false, 0, 0, Any),      // Demonitor
        [50] = (false, 0, 0, Any),      // Down
        [51] = (false, 0, 0, Any),      // Link
        [52] = (false, 0, 0, Any),      // Unlink
        [53] = (false, 0, 0, Any),      // UnlinkAck
        [54] = (false, 0, 0, Any),      // Exit
    };

    [Fact]
    public void The_table_has_every_type() =>
        Table.Keys.ShouldBe(Enum.GetValues<FrameType>().Select(type => (int)type));

    [Theory]
    [InlineData(FrameHeader.DefaultMaxPayload)]
    [InlineData(FrameHeader.MaxPayload)]
    public void Every_header_is_taken_or_refused_by_the_table(int maxPayload)
    {
        var reader = new FrameReader(maxPayload);
        ushort[] lengths = [0, 1, 3, 4, 5, 7, 8, 9, 10, 131, 132, 133, 16_376, 16_377, 65_528, 65_529, 65_535];
        uint[] channels = [0, 1, 0x80000000, uint.MaxValue];
        byte[] wire = new byte[FrameHeader.Size];
        for (int type = 0; type < 256; type++)
        {
            for (int flags = 0; flags < 256; flags++)
            {
                foreach (ushort length in lengths)
                {
                    foreach (uint channel in channels)
                    {
                        (wire[0], wire[1]) = ((byte)type, (byte)flags);
                        BinaryPrimitives.WriteUInt16BigEndian(wire.AsSpan(2), length);
                        BinaryPrimitives.WriteUInt32BigEndian(wire.AsSpan(4), channel);
                        ReadOnlySpan<byte> input = wire;
                        reader.TryRead(ref input, out _, out _, out var error);
                        if (error != Expected(type, flags, length, channel, maxPayload))
                            Assert.Fail($"type {type}, flags {flags}, {length} bytes, channel {channel}: {error}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(16, 0, 4, 1u, "StreamOpen frame: expected 5 to 132 bytes, found 4")]
    [InlineData(17, 2, 4, 1u, "StreamData frame: expected no flags but 0x01, found 0x02")]
    [InlineData(17, 0, 4, 0u, "StreamData frame: expected a channel, found 0")]
    [InlineData(35, 0, 1, 1u, "ChannelRelease frame: expected 0 bytes, found 1")]
    [InlineData(37, 0, 8, 0u, "Reply frame: expected at least 9 bytes, found 8")]
    [InlineData(48, 0, 8, 3u, "Monitor frame: expected channel 0, found 3")]
    [InlineData(55, 0, 8, 0u, "frame type 55 is unknown and not optional")]
    public void A_refusal_says_what_was_expected_and_what_was_found(byte type, byte flags, ushort length, uint channel, string sentence)
    {
        var header = new FrameHeader((FrameType)type, flags, length, channel);
        Expected(type, flags, length, channel, FrameHeader.DefaultMaxPayload).Describe(header).ShouldBe(sentence);
    }

    private static FrameError Expected(int type, int flags, int length, uint channel, int maxPayload)
    {
        bool isKnown = Table.TryGetValue(type, out var rule);
        return !isKnown && type < 0x80 ? FrameError.UnknownType
            : length > maxPayload ? FrameError.PayloadTooLong
            : !isKnown ? FrameError.None
            : (flags & ~rule.Flags) != 0 ? FrameError.UnknownFlags
            : rule.HasChannel != (channel != 0) ? FrameError.WrongChannel
            : length < rule.Min || length > rule.Max ? FrameError.WrongLength
            : FrameError.None;
    }
}
