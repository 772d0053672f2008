using System.Buffers.Binary;

namespace Firn.Protocol;

internal enum HandshakeMessageType : byte
{
    Challenge = 1,
    Proof = 2,
    Verdict = 3,
    Commit = 4,
    Describe = 5,
    Refusal = 6,
    Join = 7,
    Offer = 8,
    Grant = 9,
}

/// <summary>
/// A message of the handshake as it lies on the wire: type (1 byte; 0x80 says that a MAC follows), length of the body
/// (2 bytes, big-endian), body (protobuf), MAC (32 bytes, or none).
/// </summary>
internal readonly ref struct HandshakeMessage
{
    public const int HeaderLength = 3;
    public const int MaxBodyLength = 4096;
    public const int MacLength = 32;

    private const byte MacBit = 0x80;

    private HandshakeMessage(HandshakeMessageType type, ReadOnlySpan<byte> headerAndBody, ReadOnlySpan<byte> mac)
    {
        Type = type;
        HeaderAndBody = headerAndBody;
        Mac = mac;
    }

    public HandshakeMessageType Type { get; }

    /// <summary>The bytes that a transcript absorbs.</summary>
    public ReadOnlySpan<byte> HeaderAndBody { get; }

    public ReadOnlySpan<byte> Body => HeaderAndBody[HeaderLength..];

    /// <summary>32 bytes; empty for a message that bears no MAC.</summary>
    public ReadOnlySpan<byte> Mac { get; }

    public bool HasMac => !Mac.IsEmpty;

    /// <summary>How many bytes follow a header of <see cref="HeaderLength"/> bytes, so that a reader reads exactly those.</summary>
    /// <exception cref="HandshakeException">An unknown type, or a body over 4 KiB: nothing more is worth reading.</exception>
    public static int BytesAfter(ReadOnlySpan<byte> header)
    {
        var type = TypeOf(header);
        if (type is < HandshakeMessageType.Challenge or > HandshakeMessageType.Grant)
            throw HandshakeException.Malformed($"Expected a message of the handshake, found type {header[0]}: the peer does not speak Firn.");

        int length = BinaryPrimitives.ReadUInt16BigEndian(header[1..]);
        return length <= MaxBodyLength
            ? length + MacLengthOf(header)
            : throw new HandshakeException(
                RefusalCause.TooLarge,
                Wire.RefusalReason.ProtocolError,
                $"The peer announced a {type} of {length} bytes: expected at most {MaxBodyLength}.");
    }

    /// <summary>Reads one whole message.</summary>
    /// <exception cref="HandshakeException">Malformed.</exception>
    public static HandshakeMessage Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength || bytes.Length != HeaderLength + BytesAfter(bytes))
            throw HandshakeException.Malformed("The message of the handshake is not as long as its header says.");

        int macLength = MacLengthOf(bytes);
        return new HandshakeMessage(TypeOf(bytes), bytes[..^macLength], bytes[^macLength..]);
    }

    /// <summary>Whether the whole message <paramref name="bytes"/> is of this type.</summary>
    public static bool Is(ReadOnlySpan<byte> bytes, HandshakeMessageType type) => TypeOf(bytes) == type;

    /// <summary>A message with room for its MAC, if it is to bear one. One that can hold a cookie is pinned, for its sender to wipe.</summary>
    public static byte[] Build(HandshakeMessageType type, ReadOnlySpan<byte> body, bool withMac)
    {
        var bytes = GC.AllocateArray<byte>(
            HeaderLength + body.Length + (withMac ? MacLength : 0), pinned: type == HandshakeMessageType.Grant);
        bytes[0] = (byte)((byte)type | (withMac ? MacBit : 0));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(1), checked((ushort)body.Length));
        body.CopyTo(bytes.AsSpan(HeaderLength));
        return bytes;
    }

    private static HandshakeMessageType TypeOf(ReadOnlySpan<byte> header) => (HandshakeMessageType)(header[0] & ~MacBit);

    private static int MacLengthOf(ReadOnlySpan<byte> header) => (header[0] & MacBit) == 0 ? 0 : MacLength;
}
