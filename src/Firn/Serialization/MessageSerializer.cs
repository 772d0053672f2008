using System.Buffers;

namespace Firn;

/// <summary>
/// How messages, arguments and replies become bytes and back. Derive from it to plug in another format; Firn calls it from
/// many threads at once. Bytes themselves (<c>byte[]</c>, <c>Memory</c>, <c>ReadOnlyMemory</c>, <c>ReadOnlySequence</c>) never
/// reach it: they travel as they are. Nor do messages between processes of one node: they pass by reference.
/// </summary>
public abstract class MessageSerializer
{
    /// <summary>Appends <paramref name="value"/> to <paramref name="output"/>. When it throws, Firn drops what was written.</summary>
    /// <param name="value">A message or argument, which is not null, or a reply, which may be.</param>
    /// <param name="output">Takes at most 16 MiB; keep no reference to it.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.NotSerializable"/>: it cannot become bytes, and what to do. Any
    /// other exception reaches the sender as the cause of such a one.</exception>
    public abstract void Serialize<T>(T value, IBufferWriter<byte> output);

    /// <summary>Reads all of <paramref name="input"/> as one value.</summary>
    /// <param name="input">What a peer sent, be it what it may; lent for the duration of the call.</param>
    /// <exception cref="FirnException"><see cref="FailureReason.BadMessage"/>: it does not hold exactly one such value. Any other
    /// exception counts as the same.</exception>
    public abstract T Deserialize<T>(in ReadOnlySequence<byte> input);
}
