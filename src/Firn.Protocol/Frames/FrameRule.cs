namespace Firn.Protocol;

/// <summary>What the header of a frame of one type may look like.</summary>
/// <param name="IsKnown">Whether this version gives the type a meaning.</param>
/// <param name="HasChannel">Whether it belongs to a channel; the others stand on channel 0.</param>
/// <param name="Flags">The flags that it may have.</param>
/// <param name="MinLength">The shortest payload.</param>
/// <param name="MaxLength">The longest payload, below what the receiver takes anyway.</param>
internal readonly record struct FrameRule(bool IsKnown, bool HasChannel, byte Flags, ushort MinLength, ushort MaxLength)
{
    private const byte MessageFlags = FrameFlags.More | FrameFlags.Call | FrameFlags.Trace | FrameFlags.Abort;

    private static readonly FrameRule[] Rules = [.. Enumerable.Range(0, 256).Select(type => Make((FrameType)type))];

    public static ref readonly FrameRule Of(FrameType type) => ref Rules[(byte)type];

    private static FrameRule Make(FrameType type) => type switch
    {
        FrameType.Ping or FrameType.Pong => Exactly(FrameHeader.PingPayload, hasChannel: false),
        FrameType.Describe or FrameType.Records or FrameType.Close => AnyLength(hasChannel: false),
        FrameType.StreamOpen => AnyLength(hasChannel: true) with { MinLength = StreamOpening.MinLength, MaxLength = StreamOpening.MaxLength },
        FrameType.StreamData => AnyLength(hasChannel: true) with { Flags = FrameFlags.End },
        FrameType.StreamCredit => Exactly(sizeof(ulong), hasChannel: true),
        FrameType.ChannelCredit => Exactly(sizeof(ulong), hasChannel: true) with { Flags = FrameFlags.Kept },
        FrameType.StreamReset => Exactly(sizeof(uint), hasChannel: true),
        FrameType.ChannelOpen or FrameType.ChannelClosed => AnyLength(hasChannel: true),
        FrameType.Message => AnyLength(hasChannel: true) with { Flags = MessageFlags },
        FrameType.ChannelRelease => Exactly(0, hasChannel: true),
        FrameType.Reply => AnyLength(hasChannel: false) with { MinLength = ReplyHeader.Size },
        FrameType.Monitor or FrameType.Demonitor or FrameType.Down or FrameType.Link or FrameType.Unlink or FrameType.UnlinkAck or FrameType.Exit =>
            AnyLength(hasChannel: false),
        _ => default,
    };

    private static FrameRule Exactly(ushort length, bool hasChannel) => new(true, hasChannel, 0, length, length);

    private static FrameRule AnyLength(bool hasChannel) => new(true, hasChannel, 0, 0, ushort.MaxValue);
}
