using WireKind = Firn.Protocol.Wire.ExitKind;

namespace Firn.Protocol.Tests;

/// <summary>
/// The bytes of version 1, recorded: one frame of every type, header and payload. A failure here means that nodes of this build and
/// of earlier ones do not understand each other: then the version has to change, not this table.
/// </summary>
public class WireCompatibilityTests
{
    public static TheoryData<string, string> Recorded => new()
    {
        { nameof(FrameType.Ping), "0100000800000000 0102030405060708" },
        { nameof(FrameType.Pong), "0200000800000000 0102030405060708" },
        { nameof(FrameType.Describe), "0300001400000000 0A0A6669726E2F302E312E30120178320308F87F" },
        { nameof(FrameType.Records), "0400000800000000 0A060A0101120102" },
        { nameof(FrameType.Close), "0500000700000000 08011203627965" },
        { nameof(FrameType.StreamOpen), "1000000800000001 000400006563686F" },
        { nameof(FrameType.StreamData), "1101000400000001 64617461" },
        { nameof(FrameType.StreamCredit), "1200000800000001 0000000000080000" },
        { nameof(FrameType.StreamReset), "1300000400000001 00000100" },
        { nameof(FrameType.ChannelOpen), "2000001400000001 22120A07636F756E746572111111111111111111" },
        { nameof(FrameType.Message), "2107002900000001 00010000000000000000000700000000000000010000000000000002000000000000000301626F6479" },
        { nameof(FrameType.ChannelCredit), "2200000800000001 0000000000040000" },
        { nameof(FrameType.ChannelRelease), "2300000000000001" },
        { nameof(FrameType.ChannelClosed), "2400000700000001 08021203776879" },
        { nameof(FrameType.Reply), "2500000B00000000 0000000000000007003432" },
        { nameof(FrameType.Monitor), "3000001200000000 0911111111111111111A07636F756E746572" },
        { nameof(FrameType.Demonitor), "3100000900000000 091111111111111111" },
        { nameof(FrameType.Down), "3200001600000000 09111111111111111112020801192222222222222222" },
        { nameof(FrameType.Link), "3300001200000000 091111111111111111112222222222222222" },
        { nameof(FrameType.Unlink), "3400001200000000 091111111111111111112222222222222222" },
        { nameof(FrameType.UnlinkAck), "3500001200000000 091111111111111111112222222222222222" },
        { nameof(FrameType.Exit), "3600001800000000 0911111111111111111122222222222222221A0208032001" },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_frame_is_written_and_read_as_ever(string type, string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        byte[] recorded = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Convert.ToHexString(SampleFrames.Of(Enum.Parse<FrameType>(type))).ShouldBe(Convert.ToHexString(recorded));

        var inbox = new FrameInbox(FrameHeader.DefaultMaxPayload);
        inbox.Feed(recorded);
        inbox.Error.ShouldBe(FrameError.None);
        inbox.Frames.Single().Header.Type.ToString().ShouldBe(type);
        inbox.Unread.ShouldBe(0);
    }

    [Fact]
    public void Every_type_is_recorded() =>
        Recorded.Select(row => (string)row[0]).ShouldBe(Enum.GetNames<FrameType>(), ignoreOrder: true);

    [Fact]
    public void The_numbers_of_reasons_and_statuses_stay()
    {
        ExitReason.Normal.ToWire().Kind.ShouldBe((WireKind)1);
        ExitReason.Error("").ToWire().Kind.ShouldBe((WireKind)2);
        ExitReason.Killed.ToWire().Kind.ShouldBe((WireKind)3);
        new ExitReason(ExitKind.Linked).ToWire().Kind.ShouldBe((WireKind)4);
        ExitReason.Shutdown.ToWire().Kind.ShouldBe((WireKind)5);
        ExitReason.Custom("").ToWire().Kind.ShouldBe((WireKind)6);
        ExitReason.NoConnection.ToWire().Kind.ShouldBe((WireKind)7);
        ExitReason.NoProcess.ToWire().Kind.ShouldBe((WireKind)8);
        Enum.GetValues<ReplyStatus>().ShouldBe(
            [ReplyStatus.Ok, ReplyStatus.NoProcess, ReplyStatus.BadMessage, ReplyStatus.NotRegistered, ReplyStatus.Failed, ReplyStatus.Busy]);
        ((byte)ReplyStatus.Busy).ShouldBe((byte)5);
    }
}
