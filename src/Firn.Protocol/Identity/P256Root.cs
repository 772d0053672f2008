using System.Buffers.Binary;

namespace Firn.Protocol;

/// <summary>
/// Square roots modulo the prime of P-256, which every handshake needs: several times as quick as <c>BigInteger</c>. For public values
/// only: the time depends on them. Numbers are four limbs of 64 bits, the least first, in Montgomery form (times 2^256).
/// </summary>
internal static class P256Root
{
    // p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (FIPS 186-4, D.1.2.3): limbs 2^64 - 1, this, 0, this.
    private const ulong P1 = 0x00000000ffffffff, P3 = 0xffffffff00000001;

    private static ReadOnlySpan<ulong> One => [1, 0, 0, 0];

    private static ReadOnlySpan<ulong> RadixSquared => [3, 0xfffffffbffffffff, 0xfffffffffffffffe, 0x00000004fffffffd];

    /// <summary>
    /// The (p + 1) / 4th power of <paramref name="square"/>: its root if it has one, since p is 3 modulo 4. Both are 32 bytes,
    /// big-endian, and below p.
    /// </summary>
    public static byte[] Candidate(ReadOnlySpan<byte> square)
    {
        Span<ulong> x = stackalloc ulong[4], power = stackalloc ulong[4], ones = stackalloc ulong[4];
        for (int i = 0; i < 4; i++)
            x[i] = BinaryPrimitives.ReadUInt64BigEndian(square[(24 - (8 * i))..]);
        Multiply(x, RadixSquared, x);

        // (p + 1) / 4 = ((2^32 - 1) 2^32 + 1) 2^96 + 1) 2^94: first 32 ones, by doubling their number.
        x.CopyTo(power);
        for (int bits = 1; bits < 32; bits *= 2)
        {
            power.CopyTo(ones);
            SquareTimes(power, bits);
            Multiply(power, ones, power);
        }

        SquareTimes(power, 32);
        Multiply(power, x, power);
        SquareTimes(power, 96);
        Multiply(power, x, power);
        SquareTimes(power, 94);

        Multiply(power, One, power);
        var root = new byte[32];
        for (int i = 0; i < 4; i++)
            BinaryPrimitives.WriteUInt64BigEndian(root.AsSpan(24 - (8 * i)), power[i]);
        return root;
    }

    private static void SquareTimes(Span<ulong> a, int times)
    {
        for (int i = 0; i < times; i++)
            Multiply(a, a, a);
    }

    /// <summary>
    /// Montgomery multiplication, limb by limb of <paramref name="b"/>. As p is -1 modulo 2^64, the lowest limb itself is the
    /// multiple of p that clears it.
    /// </summary>
    private static void Multiply(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, Span<ulong> product)
    {
        ulong a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
        ulong t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0;
        for (int i = 0; i < 4; i++)
        {
            ulong carry = 0;
            ulong m = AddProduct(a0, b[i], t0, ref carry);
            t1 = AddProduct(a1, b[i], t1, ref carry);
            t2 = AddProduct(a2, b[i], t2, ref carry);
            t3 = AddProduct(a3, b[i], t3, ref carry);
            var top = (UInt128)t4 + carry;

            carry = m;   // m (2^64 - 1) + m
            t0 = AddProduct(m, P1, t1, ref carry);
            t1 = AddProduct(m, 0, t2, ref carry);
            t2 = AddProduct(m, P3, t3, ref carry);
            top += carry;
            (t3, t4) = ((ulong)top, (ulong)(top >> 64));
        }

        // The product is below 2p: take p off if that leaves something.
        ulong borrow = 0;
        ulong r0 = Subtract(t0, ulong.MaxValue, ref borrow), r1 = Subtract(t1, P1, ref borrow);
        ulong r2 = Subtract(t2, 0, ref borrow), r3 = Subtract(t3, P3, ref borrow);
        (product[0], product[1], product[2], product[3]) = t4 >= borrow ? (r0, r1, r2, r3) : (t0, t1, t2, t3);
    }

    private static ulong AddProduct(ulong a, ulong b, ulong c, ref ulong carry)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        low += c;
        high += low < c ? 1UL : 0;
        low += carry;
        high += low < carry ? 1UL : 0;
        carry = high;
        return low;
    }

    private static ulong Subtract(ulong a, ulong b, ref ulong borrow)
    {
        var difference = (UInt128)a - b - borrow;
        borrow = (ulong)(difference >> 64) & 1;
        return (ulong)difference;
    }
}
