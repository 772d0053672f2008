using System.Buffers.Binary;

namespace Firn;

/// <summary>
/// Identifies a session: both ends derive the same 16 bytes from everything they said in the handshake. Not a secret.
/// </summary>
public readonly record struct SessionId
{
    internal const int Length = 16;

    private readonly UInt128 _value;

    internal SessionId(ReadOnlySpan<byte> bytes) => _value = BinaryPrimitives.ReadUInt128BigEndian(bytes);

    internal byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _value);
        return bytes;
    }

    /// <summary>32 hexadecimal digits in lower case.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToBytes());
}
