namespace Firn.Protocol;

/// <summary>How a header breaks the protocol.</summary>
internal enum FrameError
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>A type that this version does not know and that may not be skipped.</summary>
    UnknownType,

    /// <summary>A known type with flags that it does not have.</summary>
    UnknownFlags,

    /// <summary>A payload longer than the receiver announced to take.</summary>
    PayloadTooLong,

    /// <summary>A frame of no channel on one, or the reverse.</summary>
    WrongChannel,

    /// <summary>A payload shorter or longer than its type has.</summary>
    WrongLength,
}

/// <summary>The sentences of <see cref="FrameError"/>.</summary>
internal static class FrameErrors
{
    /// <summary>What was expected and what was found, for a log and for the Close frame.</summary>
    public static string Describe(this FrameError error, FrameHeader header) => error switch
    {
        FrameError.UnknownType => $"frame type {(byte)header.Type} is unknown and not optional",
        FrameError.UnknownFlags =>
            $"{header.Type} frame: expected no flags but 0x{FrameRule.Of(header.Type).Flags:x2}, found 0x{header.Flags:x2}",
        FrameError.PayloadTooLong => $"frame type {(byte)header.Type}: a payload of {header.PayloadLength} bytes is over the limit",
        FrameError.WrongChannel when FrameRule.Of(header.Type).HasChannel => $"{header.Type} frame: expected a channel, found 0",
        FrameError.WrongChannel => $"{header.Type} frame: expected channel 0, found {header.Channel}",
        FrameError.WrongLength => $"{header.Type} frame: expected {LengthOf(FrameRule.Of(header.Type))} bytes, found {header.PayloadLength}",
        _ => "no error",
    };

    private static string LengthOf(FrameRule rule) =>
        rule.MinLength == rule.MaxLength ? $"{rule.MinLength}"
        : rule.MaxLength == ushort.MaxValue ? $"at least {rule.MinLength}"
        : $"{rule.MinLength} to {rule.MaxLength}";
}
