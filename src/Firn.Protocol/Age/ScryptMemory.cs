using System.Runtime.InteropServices;

namespace Firn.Protocol;

/// <summary>
/// The memory of one run of scrypt: N rows, and two blocks to work on. Not of the garbage collector, which would keep hundreds of
/// megabytes for a node that needed them for a second; wiped on <see cref="Dispose"/>.
/// </summary>
internal sealed unsafe class ScryptMemory : IDisposable
{
    private const int CacheLine = 64;

    private readonly int _rowWords;
    private uint* _words;

    /// <param name="rows">N, a power of two.</param>
    /// <param name="rowWords">32 * r: the words of a block.</param>
    /// <exception cref="OutOfMemoryException">The system does not give that much memory.</exception>
    public ScryptMemory(int rows, int rowWords)
    {
        (Rows, _rowWords) = (rows, rowWords);
        _words = (uint*)NativeMemory.AlignedAlloc(Bytes, CacheLine);
    }

    public int Rows { get; }

    public Span<uint> X => Row(Rows);

    public Span<uint> Y => Row(Rows + 1);

    private nuint Bytes => (nuint)(Rows + 2) * (nuint)_rowWords * sizeof(uint);

    public Span<uint> Row(int index) => new(_words + ((nint)index * _rowWords), _rowWords);

    public void Dispose()
    {
        if (_words is null)
            return;
        NativeMemory.Clear(_words, Bytes);
        NativeMemory.AlignedFree(_words);
        _words = null;
    }
}
