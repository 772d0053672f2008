using System.Runtime.Intrinsics;

namespace Firn.Protocol;

/// <summary>
/// The Salsa20/8 core and scryptBlockMix (RFC 7914, sections 3 and 4) on words that lie by the diagonals of the core's 4 x 4 matrix:
/// then each round is a few operations on whole vectors. <see cref="PlaceOf"/> leads there and back.
/// </summary>
internal static class Salsa20
{
    /// <summary>Words of a block of the core.</summary>
    public const int BlockWords = 16;

    private static ReadOnlySpan<byte> Places => [0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3];

    /// <summary>Where the word of this number lies.</summary>
    public static int PlaceOf(int word) => (word & ~(BlockWords - 1)) + Places[word & (BlockWords - 1)];

    /// <summary>scryptBlockMix of 2 * r blocks (section 4). <paramref name="to"/> is other memory.</summary>
    public static void MixBlocks(ReadOnlySpan<uint> from, Span<uint> to)
    {
        int blocks = from.Length / BlockWords;
        var x = new Block(from[^BlockWords..]);
        for (int i = 0; i < blocks; i++)
        {
            x = (x ^ new Block(from.Slice(i * BlockWords, BlockWords))).Hash();

            // The even ones go to the first half, the odd ones to the second.
            x.CopyTo(to.Slice(((i & 1) * blocks / 2 + i / 2) * BlockWords, BlockWords));
        }
    }

    public static void Xor(Span<uint> into, ReadOnlySpan<uint> other)
    {
        for (int i = 0; i < into.Length; i += BlockWords)
            (new Block(into.Slice(i, BlockWords)) ^ new Block(other.Slice(i, BlockWords))).CopyTo(into.Slice(i, BlockWords));
    }

    /// <summary>The core of 8 rounds (section 3), in place.</summary>
    public static void Hash(Span<uint> block) => new Block(block).Hash().CopyTo(block);

    /// <summary>The diagonals of a matrix, a the main one and the others below it.</summary>
    private readonly struct Block(Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d)
    {
        private readonly Vector128<uint> _a = a, _b = b, _c = c, _d = d;

        public Block(ReadOnlySpan<uint> words)
            : this(Vector128.Create(words), Vector128.Create(words[4..]), Vector128.Create(words[8..]), Vector128.Create(words[12..]))
        {
        }

        public static Block operator ^(in Block left, in Block right) =>
            new(left._a ^ right._a, left._b ^ right._b, left._c ^ right._c, left._d ^ right._d);

        public void CopyTo(Span<uint> words)
        {
            _a.CopyTo(words);
            _b.CopyTo(words[4..]);
            _c.CopyTo(words[8..]);
            _d.CopyTo(words[12..]);
        }

        public Block Hash()
        {
            Vector128<uint> a = _a, b = _b, c = _c, d = _d;
            for (int round = 0; round < 8; round += 2)
            {
                // Columns. Then, turned, the diagonals lie as the rows need them.
                b ^= Rotate(a + d, 7);
                c ^= Rotate(b + a, 9);
                d ^= Rotate(c + b, 13);
                a ^= Rotate(d + c, 18);
                (b, c, d) = (Turn3(b), Turn2(c), Turn1(d));

                d ^= Rotate(a + b, 7);
                c ^= Rotate(d + a, 9);
                b ^= Rotate(c + d, 13);
                a ^= Rotate(b + c, 18);
                (b, c, d) = (Turn1(b), Turn2(c), Turn3(d));
            }

            return new Block(_a + a, _b + b, _c + c, _d + d);
        }

        private static Vector128<uint> Rotate(Vector128<uint> words, int bits) => (words << bits) | (words >>> (32 - bits));

        private static Vector128<uint> Turn1(Vector128<uint> words) => Vector128.Shuffle(words, Vector128.Create(1u, 2, 3, 0));

        private static Vector128<uint> Turn2(Vector128<uint> words) => Vector128.Shuffle(words, Vector128.Create(2u, 3, 0, 1));

        private static Vector128<uint> Turn3(Vector128<uint> words) => Vector128.Shuffle(words, Vector128.Create(3u, 0, 1, 2));
    }
}
