using System.Buffers.Binary;

namespace Firn.Protocol;

/// <summary>
/// The 8 bytes before every payload, big-endian: type (1), flags (1), payload length (2), channel (4).
/// What the header of each type may look like is in <see cref="FrameRule"/>.
/// </summary>
/// <param name="Type">What the frame carries.</param>
/// <param name="Flags">0, or some of <see cref="FrameFlags"/>.</param>
/// <param name="PayloadLength">Bytes that follow.</param>
/// <param name="Channel">A stream or a channel of messages; 0 for what belongs to neither.</param>
internal readonly record struct FrameHeader(FrameType Type, byte Flags, ushort PayloadLength, uint Channel)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 8;

    /// <summary>Payload of a frame that fills one TLS record (16 KiB with its header): what every peer takes.</summary>
    public const int DefaultMaxPayload = 16 * 1024 - Size;

    /// <summary>The most that a peer may announce to take: frames of 64 KiB.</summary>
    public const int MaxPayload = 64 * 1024 - Size;

    /// <summary>Payload of <see cref="FrameType.Ping"/> and <see cref="FrameType.Pong"/>.</summary>
    public const int PingPayload = 8;

    /// <summary>Marks a type that is skipped by whoever does not know it; any other unknown type is a protocol error.</summary>
    public const byte OptionalBit = 0x80;

    /// <summary>Whether whoever does not know the type skips the frame.</summary>
    public bool IsOptional => ((byte)Type & OptionalBit) != 0;

    /// <summary>Whether this version gives the type a meaning.</summary>
    public bool IsKnown => FrameRule.Of(Type).IsKnown;

    /// <summary>The header of a frame that belongs to no channel.</summary>
    public static FrameHeader Control(FrameType type, int payloadLength) => new(type, 0, checked((ushort)payloadLength), 0);

    /// <summary>Reads a header; false when <paramref name="source"/> is shorter than one. Whether it is allowed says <see cref="FrameReader"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        if (source.Length < Size)
        {
            header = default;
            return false;
        }

        header = new FrameHeader(
            (FrameType)source[0],
            source[1],
            BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]));
        return true;
    }

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Channel);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], PayloadLength);
        destination[1] = Flags;
        destination[0] = (byte)Type;
    }
}
