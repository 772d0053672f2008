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
}
