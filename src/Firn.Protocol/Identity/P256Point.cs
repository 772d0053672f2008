using System.Numerics;
using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>Points of the curve P-256 as octets (SEC 1, sections 2.3.3 and 2.3.4); the BCL does not read the compressed ones.</summary>
internal static class P256Point
{
    private const int CoordinateLength = 32;
    private const byte Uncompressed = 4;

    // FIPS 186-4, D.1.2.3: the prime, and the curve's b (a is -3).
    private static readonly BigInteger Prime = FromHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger B = FromHex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    /// <summary>Finds y for a compressed point; false when the bytes are no point of the curve.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> compressed, out ECPoint point)
    {
        point = default;
        if (compressed.Length != 1 + CoordinateLength || compressed[0] is not (2 or 3))
            return false;

        var x = new BigInteger(compressed[1..], isUnsigned: true, isBigEndian: true);
        if (x >= Prime)
            return false;

        // The prime is 3 mod 4, so a root is the (p + 1) / 4th power.
        var square = SquareOfY(x);
        var y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        if (y * y % Prime != square)
            return false;
        if (y.IsEven != (compressed[0] == 2))
            y = Prime - y;

        point = new ECPoint { X = compressed[1..].ToArray(), Y = ToBytes(y) };
        return true;
    }

    /// <summary>Reads an uncompressed point, which takes no square root; false when the bytes are no point of the curve.</summary>
    public static bool TryRead(ReadOnlySpan<byte> uncompressed, out ECPoint point)
    {
        point = default;
        if (uncompressed.Length != 1 + (2 * CoordinateLength) || uncompressed[0] != Uncompressed)
            return false;

        var x = uncompressed[1..^CoordinateLength];
        var y = uncompressed[^CoordinateLength..];
        if (!IsOnCurve(new BigInteger(x, isUnsigned: true, isBigEndian: true), new BigInteger(y, isUnsigned: true, isBigEndian: true)))
            return false;

        point = new ECPoint { X = x.ToArray(), Y = y.ToArray() };
        return true;
    }

    public static byte[] Write(ECPoint point) => [Uncompressed, .. point.X!, .. point.Y!];

    public static byte[] Compress(ECPoint point)
    {
        var compressed = new byte[1 + CoordinateLength];
        compressed[0] = (byte)(2 + (point.Y![^1] & 1));
        point.X!.CopyTo(compressed, 1);
        return compressed;
    }

    // Below the prime, so that a point has one spelling.
    private static bool IsOnCurve(BigInteger x, BigInteger y) => x < Prime && y < Prime && y * y % Prime == SquareOfY(x);

    /// <summary>x³ - 3x + b.</summary>
    private static BigInteger SquareOfY(BigInteger x) => ((x * x * x) + (3 * (Prime - x)) + B) % Prime;

    private static byte[] ToBytes(BigInteger value)
    {
        var bytes = new byte[CoordinateLength];
        var raw = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        raw.CopyTo(bytes, CoordinateLength - raw.Length);
        return bytes;
    }

    private static BigInteger FromHex(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
}
