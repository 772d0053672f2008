using System.Buffers.Binary;
using System.Globalization;

namespace Firn.Protocol;

/// <summary>Which invite of a node is meant: 64 random bits, no secret.</summary>
internal readonly record struct InviteId(ulong Value)
{
    public const int Length = 8;

    public static InviteId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Reads what <see cref="ToString"/> gives.</summary>
    public static bool TryParse(string? text, out InviteId id)
    {
        id = default;
        if (text is not { Length: 2 * Length } || !text.All(char.IsAsciiHexDigitLower))
            return false;
        id = new InviteId(ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Value);
        return bytes;
    }

    /// <summary>16 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
