namespace Firn.Protocol;

/// <summary>
/// Cuts received bytes into frames, whichever way they were split. It holds no bytes itself: the read loop owns one
/// buffer of <see cref="BufferSize"/>, reads into its free part, takes every whole frame, and moves the rest to the front.
/// <code>
/// ReadOnlySpan&lt;byte&gt; unread = buffer.AsSpan(0, filled);
/// while (frames.TryRead(ref unread, out var header, out var payload, out var error)) { … }
/// if (error != FrameError.None) { close: error.Describe(header) }
/// unread.CopyTo(buffer); filled = unread.Length;
/// </code>
/// </summary>
internal readonly struct FrameReader
{
    private readonly int _maxPayload;

    /// <summary>A reader for a session whose own end announced to take <paramref name="maxPayload"/> bytes a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from the default to the maximum of <see cref="FrameHeader"/>.</exception>
    public FrameReader(int maxPayload)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPayload, FrameHeader.DefaultMaxPayload);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxPayload, FrameHeader.MaxPayload);
        _maxPayload = maxPayload;
    }

    /// <summary>The largest frame: with a buffer of this size there is always room to read on, or a frame to take.</summary>
    public int BufferSize => FrameHeader.Size + _maxPayload;

    /// <summary>
    /// Takes the next frame off <paramref name="input"/>, past any that may be skipped. False when more bytes are needed
    /// (<see cref="FrameError.None"/>), or when a header breaks the protocol; that is known before its payload is here.
    /// </summary>
    public bool TryRead(
        ref ReadOnlySpan<byte> input, out FrameHeader header, out ReadOnlySpan<byte> payload, out FrameError error)
    {
        error = FrameError.None;
        while (FrameHeader.TryRead(input, out header)
            && (error = Check(header)) == FrameError.None
            && input.Length - FrameHeader.Size >= header.PayloadLength)
        {
            payload = input.Slice(FrameHeader.Size, header.PayloadLength);
            input = input[(FrameHeader.Size + header.PayloadLength)..];
            if (header.IsKnown)
                return true;
        }

        payload = default;
        return false;
    }

    private FrameError Check(FrameHeader header)
    {
        ref readonly var rule = ref FrameRule.Of(header.Type);
        if (!rule.IsKnown && !header.IsOptional)
            return FrameError.UnknownType;
        if (header.PayloadLength > _maxPayload)
            return FrameError.PayloadTooLong;
        if (!rule.IsKnown)
            return FrameError.None;
        if ((header.Flags & ~rule.Flags) != 0)
            return FrameError.UnknownFlags;
        if (header.Channel != 0 != rule.HasChannel)
            return FrameError.WrongChannel;
        return header.PayloadLength >= rule.MinLength && header.PayloadLength <= rule.MaxLength ? FrameError.None : FrameError.WrongLength;
    }
}
