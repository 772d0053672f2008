namespace Firn.Protocol;

/// <summary>What a frame carries. A type with <see cref="FrameHeader.OptionalBit"/> may be skipped by whoever does not know it.</summary>
internal enum FrameType : byte
{
    /// <summary>A nonce of 8 bytes to be sent back.</summary>
    Ping = 1,

    /// <summary>The nonce of a <see cref="Ping"/>.</summary>
    Pong = 2,

    /// <summary>What the sender now says of itself: a Description.</summary>
    Describe = 3,

    /// <summary>Peers that the sender knows: PeerRecords.</summary>
    Records = 4,

    /// <summary>The last frame of a session: a Close.</summary>
    Close = 5,

    /// <summary>The sender opens a byte stream: the window it grants, and a protocol.</summary>
    StreamOpen = 16,

    /// <summary>Bytes of a stream.</summary>
    StreamData = 17,

    /// <summary>How much may have been sent on a stream since its start.</summary>
    StreamCredit = 18,

    /// <summary>A stream ends in both directions, with a code.</summary>
    StreamReset = 19,

    /// <summary>The sender opens a channel to a target of messages: a ChannelTarget.</summary>
    ChannelOpen = 32,

    /// <summary>A message, or a part of one.</summary>
    Message = 33,

    /// <summary>How much may have been sent on a channel since it was opened.</summary>
    ChannelCredit = 34,

    /// <summary>The sender of a channel would end it, and sends nothing on it before the answer: <see cref="ChannelClosed"/> or a <see cref="FrameFlags.Kept"/>.</summary>
    ChannelRelease = 35,

    /// <summary>The target of a channel is gone, or what came on one that was to be released is consumed: an ExitReason.</summary>
    ChannelClosed = 36,

    /// <summary>The answer to a call.</summary>
    Reply = 37,

    /// <summary>A process wants to know when another ends: a MonitorSignal.</summary>
    Monitor = 48,

    /// <summary>It no longer does: a DemonitorSignal.</summary>
    Demonitor = 49,

    /// <summary>A monitored process has ended: a DownSignal.</summary>
    Down = 50,

    /// <summary>Two processes are linked: a LinkSignal.</summary>
    Link = 51,

    /// <summary>They no longer are: a LinkSignal.</summary>
    Unlink = 52,

    /// <summary>An <see cref="Unlink"/> was seen: a LinkSignal.</summary>
    UnlinkAck = 53,

    /// <summary>A process tells another to end, or that it has ended itself: an ExitSignal.</summary>
    Exit = 54,
}

/// <summary>The flags of the types that have some.</summary>
internal static class FrameFlags
{
    /// <summary>On <see cref="FrameType.StreamData"/>: the sender writes no more.</summary>
    public const byte End = 1;

    /// <summary>On <see cref="FrameType.Message"/>: the message goes on in the channel's next frame.</summary>
    public const byte More = 1;

    /// <summary>On <see cref="FrameType.Message"/>: its sender waits for a reply.</summary>
    public const byte Call = 2;

    /// <summary>On <see cref="FrameType.Message"/>: with the trace context of its sender.</summary>
    public const byte Trace = 4;

    /// <summary>On <see cref="FrameType.Message"/>: the rest of the message does not come.</summary>
    public const byte Abort = 8;

    /// <summary>On <see cref="FrameType.ChannelCredit"/>: something is unread, and the channel is not released; a further grant says when all is read.</summary>
    public const byte Kept = 1;
}
