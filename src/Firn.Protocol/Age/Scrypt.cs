using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Firn.Protocol;

/// <summary>scrypt (RFC 7914): a key from a passphrase, at a price in memory as well as in time.</summary>
internal static class Scrypt
{
    private const int BlockBytes = 128;

    /// <summary>
    /// Fills <paramref name="key"/> from <paramref name="passphrase"/> and <paramref name="salt"/> with N = 2^<paramref name="logN"/>,
    /// r = <paramref name="blockSize"/>, p = <paramref name="parallelization"/> (section 6). Takes 128 * r * N bytes of memory, which are
    /// wiped and given back to the system, and about a second of a core for 256 MiB of them.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">logN is not of 1 to 22, r not of 1 to 32, or p not of 1 to 64.</exception>
    /// <exception cref="OutOfMemoryException">The system does not give that much memory.</exception>
    public static void DeriveKey(
        ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int logN, int blockSize, int parallelization, Span<byte> key)
    {
        RequireRange(logN, 22, nameof(logN));
        RequireRange(blockSize, 32, nameof(blockSize));
        RequireRange(parallelization, 64, nameof(parallelization));

        int length = BlockBytes * blockSize;
        byte[] blocks = GC.AllocateUninitializedArray<byte>(length * parallelization, pinned: true);
        try
        {
            using var memory = new ScryptMemory(1 << logN, length / sizeof(uint));
            Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, blocks, iterations: 1, HashAlgorithmName.SHA256);
            for (int i = 0; i < parallelization; i++)
                Mix(blocks.AsSpan(i * length, length), memory);
            Rfc2898DeriveBytes.Pbkdf2(passphrase, blocks, key, iterations: 1, HashAlgorithmName.SHA256);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blocks);
        }
    }

    /// <summary>scryptROMix (section 5) on a block of 128 * r bytes, in place.</summary>
    internal static void Mix(Span<byte> block, ScryptMemory memory)
    {
        Span<uint> x = memory.X, y = memory.Y;
        for (int i = 0; i < x.Length; i++)
            x[Salsa20.PlaceOf(i)] = BinaryPrimitives.ReadUInt32LittleEndian(block[(i * sizeof(uint))..]);

        // Two rounds at a time, there and back: N is even.
        for (int i = 0; i < memory.Rows; i += 2)
        {
            x.CopyTo(memory.Row(i));
            Salsa20.MixBlocks(x, y);
            y.CopyTo(memory.Row(i + 1));
            Salsa20.MixBlocks(y, x);
        }

        for (int i = 0; i < memory.Rows; i += 2)
        {
            Salsa20.Xor(x, memory.Row(Integerify(x, memory.Rows)));
            Salsa20.MixBlocks(x, y);
            Salsa20.Xor(y, memory.Row(Integerify(y, memory.Rows)));
            Salsa20.MixBlocks(y, x);
        }

        for (int i = 0; i < x.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(block[(i * sizeof(uint))..], x[Salsa20.PlaceOf(i)]);
    }

    /// <summary>The last 64 bytes as a little-endian number modulo N, a power of two: the low bits of their first word.</summary>
    private static int Integerify(ReadOnlySpan<uint> block, int rows) => (int)(block[^Salsa20.BlockWords] & (uint)(rows - 1));

    private static void RequireRange(int value, int most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }
}
