using System.Buffers;
using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>Collects the bytes of one message in a pooled array, up to the largest that may be sent.</summary>
internal sealed class BodyWriter : IBufferWriter<byte>, IDisposable
{
    private const int FirstSize = 512;

    private byte[]? _buffer;
    private int _length;

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>What was written; the array is the caller's from then on.</summary>
    public ReadOnlyMemory<byte> Detach(out byte[]? rented)
    {
        rented = _buffer;
        _buffer = null;
        return rented.AsMemory(0, _length);
    }

    public void Dispose()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }

    private void EnsureRoom(int sizeHint)
    {
        int needed = _length + Math.Max(sizeHint, 1);
        if (_buffer is not null && needed <= _buffer.Length)
            return;
        if (_length > MessageHeader.MaxBody)
            throw new FirnException(FailureReason.InvalidInput, $"A message of more than {MessageHeader.MaxBody} bytes: use a stream for more.");

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer is null ? FirstSize : 2 * _buffer.Length));
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
