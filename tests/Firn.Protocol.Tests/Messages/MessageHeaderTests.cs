using System.Buffers.Binary;

namespace Firn.Protocol.Tests;

public class MessageHeaderTests
{
    private static readonly TraceContext Trace = new(new UInt128(0x0AF7651916CD43DD, 0x8448EB211C80319C), 0xB7AD6B7169203331, 1);

    [Theory]
    [InlineData(0, false)]
    [InlineData(7, false)]
    [InlineData(0, true)]
    [InlineData(ulong.MaxValue, true)]
    public void The_header_of_a_whole_message_reads_back(ulong call, bool isTraced)
    {
        var header = new MessageHeader(3, call, isTraced ? Trace : default);
        byte[] wire = new byte[header.WholeSize + 3];
        header.WriteWhole(wire).ShouldBe(header.WholeSize);

        ReadOnlySpan<byte> payload = wire;
        MessageHeader.TryRead(header.WholeFlags, ref payload, out var again).ShouldBeTrue();
        again.ShouldBe(header);
        payload.Length.ShouldBe(3);
    }

    [Fact]
    public void A_message_without_anything_special_has_no_header()
    {
        var header = new MessageHeader(0, 0, default);
        (header.WholeSize, header.WholeFlags).ShouldBe((0, (byte)0));
        ReadOnlySpan<byte> empty = [];
        MessageHeader.TryRead(0, ref empty, out var again).ShouldBeTrue();
        again.ShouldBe(header);
    }

    [Fact]
    public void The_largest_header_and_body_fill_a_frame() =>
        (MessageHeader.MaxSize + MessageHeader.MaxWhole).ShouldBe(FrameHeader.DefaultMaxPayload);

    [Theory]
    [InlineData(FrameFlags.More, 4)]
    [InlineData(FrameFlags.Call, 8)]
    [InlineData(FrameFlags.Trace, 25)]
    [InlineData(FrameFlags.More | FrameFlags.Call | FrameFlags.Trace, 37)]
    public void A_header_that_is_cut_off_is_refused(byte flags, int size)
    {
        byte[] wire = [.. Enumerable.Repeat((byte)1, size)];
        wire[0] = 0;    // a total of less than 16 MiB
        for (int length = 0; length < size; length++)
            Reads(flags, wire.AsSpan(0, length)).ShouldBeFalse();
        Reads(flags, wire).ShouldBeTrue();
    }

    // total length, bytes of body in the first frame
    [Theory]
    [InlineData(1u, 0, true)]
    [InlineData(0u, 0, false)]
    [InlineData(5u, 5, false)]
    [InlineData(5u, 6, false)]
    [InlineData(6u, 5, true)]
    [InlineData((uint)MessageHeader.MaxBody, 5, true)]
    [InlineData((uint)MessageHeader.MaxBody + 1, 5, false)]
    [InlineData(uint.MaxValue, 5, false)]
    public void A_message_that_goes_on_has_more_to_come_and_at_most_16_MiB(uint total, int inFirst, bool isRight)
    {
        byte[] wire = new byte[sizeof(uint) + inFirst];
        BinaryPrimitives.WriteUInt32BigEndian(wire, total);
        Reads(FrameFlags.More, wire).ShouldBe(isRight);
    }

    [Fact]
    public void A_call_has_a_number_other_than_0() => Reads(FrameFlags.Call, new byte[8]).ShouldBeFalse();

    [Fact]
    public void Random_headers_are_read_as_what_they_say_or_refused() => Fuzz.Run(mutator =>
    {
        byte flags = (byte)mutator.Next(16);
        byte[] wire = mutator.Bytes(60);
        ReadOnlySpan<byte> payload = wire;
        if (!MessageHeader.TryRead(flags, ref payload, out var header))
        {
            header.ShouldBe(default);
            return;
        }

        bool goesOn = (flags & FrameFlags.More) != 0;
        header.TotalLength.ShouldBeInRange(goesOn ? payload.Length + 1 : payload.Length, MessageHeader.MaxBody);
        (header.Call != 0).ShouldBe((flags & FrameFlags.Call) != 0);
        byte[] again = new byte[header.WholeSize];
        header.WriteWhole(again);
        if (!header.Trace.IsNone || (flags & FrameFlags.Trace) == 0)
            wire.AsSpan(goesOn ? sizeof(uint) : 0, again.Length).ToArray().ShouldBe(again);
    });

    private static bool Reads(byte flags, ReadOnlySpan<byte> wire) => MessageHeader.TryRead(flags, ref wire, out _);
}
