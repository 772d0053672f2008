using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Firn.Protocol;

/// <summary>The payload of a StreamOpen frame: the window that the opener grants (4 bytes), and the protocol.</summary>
internal static class StreamOpening
{
    public const int MinLength = sizeof(uint) + 1;

    public const int MaxLength = sizeof(uint) + MaxProtocol;

    /// <summary>Characters of a protocol's name.</summary>
    public const int MaxProtocol = 128;

    /// <summary>Whether this names a protocol: 1 to 128 of <c>[A-Za-z0-9._/-]</c>.</summary>
    public static bool IsProtocol([NotNullWhen(true)] string? protocol) =>
        protocol is { Length: > 0 and <= MaxProtocol } && protocol.All(IsProtocolCharacter);

    /// <summary>Writes the payload; returns its length.</summary>
    public static int Write(Span<byte> destination, uint window, string protocol)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, window);
        return sizeof(uint) + Encoding.ASCII.GetBytes(protocol, destination[sizeof(uint)..]);
    }

    /// <summary>Reads the payload; false when it names no protocol.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out uint window, out string protocol)
    {
        (window, protocol) = (0, "");
        if (payload.Length is < MinLength or > MaxLength)
            return false;

        window = BinaryPrimitives.ReadUInt32BigEndian(payload);
        protocol = Encoding.ASCII.GetString(payload[sizeof(uint)..]);
        return protocol.All(IsProtocolCharacter);
    }

    private static bool IsProtocolCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or '-';
}
