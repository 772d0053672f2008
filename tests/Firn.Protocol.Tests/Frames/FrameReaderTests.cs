namespace Firn.Protocol.Tests;

public class FrameReaderTests
{
    private const int Max = FrameHeader.DefaultMaxPayload;

    [Fact]
    public void Frames_arrive_whole_however_their_bytes_were_split() => Fuzz.Run(Fuzz.CostlyCases / 4, mutator =>
    {
        var sent = Enumerable.Range(0, mutator.Next(12)).Select(_ => AnyFrame(mutator)).ToList();
        byte[] wire = [.. sent.SelectMany(f => f.Wire)];
        var received = new FrameInbox(Max);
        foreach (byte[] piece in mutator.Split(wire, mutator.Chance(2) ? 9 : 20_000))
            received.Feed(piece);

        received.Error.ShouldBe(FrameError.None);
        received.Unread.ShouldBe(0);
        received.Frames.ShouldBe(sent.Where(f => f.Header.IsKnown).Select(f => (f.Header, Convert.ToHexString(f.Payload))));
    });

    [Fact]
    public void A_frame_waits_for_its_last_byte()
    {
        byte[] wire = [.. Wire(Ping(1)), .. Wire(Ping(2))];
        for (int length = 0; length <= wire.Length; length++)
        {
            var received = new FrameInbox(Max);
            received.Feed(wire.AsSpan(0, length));
            received.Frames.Count.ShouldBe(length / 16);
            received.Unread.ShouldBe(length % 16);
            received.Error.ShouldBe(FrameError.None);
        }
    }

    // type, flags, length, channel
    [Theory]
    [InlineData("00 00 0000 00000000", FrameError.UnknownType)]
    [InlineData("06 00 0000 00000000", FrameError.UnknownType)]
    [InlineData("7F 00 0000 00000000", FrameError.UnknownType)]
    [InlineData("48 54 5450 2F312E31", FrameError.UnknownType)]     // HTTP/1.1
    [InlineData("03 01 0000 00000000", FrameError.UnknownFlags)]
    [InlineData("05 80 0000 00000000", FrameError.UnknownFlags)]
    [InlineData("03 00 3FF9 00000000", FrameError.PayloadTooLong)]
    [InlineData("81 00 3FF9 00000000", FrameError.PayloadTooLong)]
    [InlineData("FF FF FFFF FFFFFFFF", FrameError.PayloadTooLong)]
    [InlineData("01 00 0008 00000001", FrameError.WrongChannel)]
    [InlineData("02 00 0008 80000000", FrameError.WrongChannel)]
    [InlineData("03 00 0000 00000001", FrameError.WrongChannel)]
    [InlineData("04 00 0000 01000000", FrameError.WrongChannel)]
    [InlineData("05 00 0000 00000001", FrameError.WrongChannel)]
    [InlineData("01 00 0007 00000000", FrameError.WrongLength)]
    [InlineData("01 00 0000 00000000", FrameError.WrongLength)]
    [InlineData("02 00 0009 00000000", FrameError.WrongLength)]
    public void A_header_that_breaks_the_protocol_is_refused_before_its_payload_comes(string hex, object expected)
    {
        byte[] header = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var received = new FrameInbox(Max);
        received.Feed([.. Wire(Ping(1)), .. header]);

        received.Frames.Count.ShouldBe(1);
        received.Error.ShouldBe((FrameError)expected);
        received.Error.Describe(received.Failed).ShouldStartWith(received.Failed.IsKnown && (FrameError)expected != FrameError.PayloadTooLong
            ? $"{received.Failed.Type} frame"
            : $"frame type {header[0]}");
    }

    [Fact]
    public void An_unknown_optional_frame_is_skipped_whatever_its_flags_and_channel()
    {
        var received = new FrameInbox(Max);
        received.Feed(Wire((new FrameHeader((FrameType)0x85, 0xFF, 5, uint.MaxValue), new byte[5])));
        received.Feed(Wire(Ping(7)));
        received.Frames.ShouldBe([(Ping(7).Header, Convert.ToHexString(Ping(7).Payload))]);
    }

    [Fact]
    public void The_announced_maximum_passes_and_one_more_byte_does_not()
    {
        foreach (int max in new[] { Max, 20_000, FrameHeader.MaxPayload })
        {
            var received = new FrameInbox(max);
            received.Feed(Wire((FrameHeader.Control(FrameType.Records, max), new byte[max])));
            received.Frames.Count.ShouldBe(1);

            received.Feed(Wire((FrameHeader.Control(FrameType.Records, max + 1), [])));
            received.Error.ShouldBe(FrameError.PayloadTooLong);
        }
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        byte[] wire = [.. Wire(Ping(1)), .. Wire((new FrameHeader((FrameType)0x85, 0, 5, 9), new byte[5])), .. Wire(Ping(2))];
        var reader = new FrameReader(Max);
        Count(reader, wire);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int frames = 0;
        for (int i = 0; i < 1_000; i++)
            frames += Count(reader, wire);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        frames.ShouldBe(2_000);
    }

    [Fact]
    public void Damaged_bytes_make_frames_or_a_refusal() => Fuzz.Run(mutator =>
    {
        byte[] good = [.. Enumerable.Range(0, 1 + mutator.Next(4)).SelectMany(_ => AnyFrame(mutator, 150).Wire)];
        byte[] wire = mutator.Chance(8) ? mutator.Bytes(100) : mutator.Mutate(good);

        var whole = new FrameInbox(Max);
        whole.Feed(wire);
        var pieces = new FrameInbox(Max);
        foreach (byte[] piece in mutator.Split(wire, 9))
            pieces.Feed(piece);

        pieces.Frames.ShouldBe(whole.Frames);
        pieces.Error.ShouldBe(whole.Error);
        Enum.IsDefined(whole.Error).ShouldBeTrue();
        whole.Error.Describe(whole.Failed).ShouldNotBeEmpty();
    });

    private static int Count(FrameReader reader, ReadOnlySpan<byte> input)
    {
        int count = 0;
        while (reader.TryRead(ref input, out _, out _, out _))
            count++;
        return count;
    }

    private static (FrameHeader Header, byte[] Payload) Ping(byte nonce) =>
        (FrameHeader.Control(FrameType.Ping, 8), [nonce, 0, 0, 0, 0, 0, 0, 0]);

    private static (FrameHeader Header, byte[] Payload, byte[] Wire) AnyFrame(Mutator mutator, int maxPayload = Max)
    {
        var type = mutator.Chance(4) ? (FrameType)(0x80 + mutator.Next(128)) : mutator.Pick(Enum.GetValues<FrameType>());
        var rule = FrameRule.Of(type);
        int longest = Math.Min(rule.IsKnown ? rule.MaxLength : ushort.MaxValue, maxPayload);
        int spread = mutator.Chance(3) ? longest - rule.MinLength : Math.Min(30, longest - rule.MinLength);
        var payload = new byte[rule.MinLength + mutator.Next(spread + 1)];
        payload.AsSpan().Fill((byte)mutator.Next(256));
        byte flags = (byte)(mutator.Next(256) & (rule.IsKnown ? rule.Flags : 0xFF));
        uint channel = rule.IsKnown && !rule.HasChannel ? 0 : 1 + (uint)mutator.Next(1000);
        var header = new FrameHeader(type, flags, (ushort)payload.Length, channel);
        return (header, payload, Wire((header, payload)));
    }

    private static byte[] Wire((FrameHeader Header, byte[] Payload) frame)
    {
        var wire = new byte[FrameHeader.Size + frame.Payload.Length];
        frame.Header.Write(wire);
        frame.Payload.CopyTo(wire, FrameHeader.Size);
        return wire;
    }
}
