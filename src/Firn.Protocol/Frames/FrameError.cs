namespace Firn.Protocol;

/// <summary>How a header breaks the protocol.</summary>
internal enum FrameError
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>A type that this version does not know and that may not be skipped.</summary>
    UnknownType,

    /// <summary>A known type with flags.</summary>
    UnknownFlags,

    /// <summary>A payload longer than the receiver announced to take.</summary>
    PayloadTooLong,

    /// <summary>A control frame on another channel than 0.</summary>
    WrongChannel,

    /// <summary>A ping or pong without exactly 8 bytes.</summary>
    WrongLength,
}

/// <summary>The sentences of <see cref="FrameError"/>.</summary>
internal static class FrameErrors
{
    /// <summary>What was expected and what was found, for a log and for the Close frame.</summary>
    public static string Describe(this FrameError error, FrameHeader header) => error switch
    {
        FrameError.UnknownType => $"frame type {(byte)header.Type} is unknown and not optional",
        FrameError.UnknownFlags => $"{header.Type} frame: expected no flags, found 0x{header.Flags:x2}",
        FrameError.PayloadTooLong => $"frame type {(byte)header.Type}: a payload of {header.PayloadLength} bytes is over the limit",
        FrameError.WrongChannel => $"{header.Type} frame: expected channel 0, found {header.Channel}",
        FrameError.WrongLength =>
            $"{header.Type} frame: expected {FrameHeader.PingPayload} bytes, found {header.PayloadLength}",
        _ => "no error",
    };
}
