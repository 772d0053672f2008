namespace Firn.Transports;

/// <summary>
/// Byte streams that the transport keeps apart itself, so that what is lost of one holds up no other. They bear no frames; who may send how
/// much on them is said on the link's main stream.
/// </summary>
internal interface INativeStreams
{
    /// <summary>Opens one; waits while the other end takes no more. It hears of it with the first bytes.</summary>
    /// <exception cref="IOException">The link is over.</exception>
    ValueTask<INativeStream> OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The next that the other end opens. Until this is called for the first time, one that comes to the end that was dialled cuts the link: a
    /// stranger opens none. At the end that dialled it waits.
    /// </summary>
    /// <exception cref="IOException">The link is over.</exception>
    ValueTask<INativeStream> AcceptAsync(CancellationToken cancellationToken);
}

/// <summary>
/// One stream of the transport. A read and a write may be under way at a time; everything else comes from any thread, as often as one
/// likes, and is harmless when the link is over.
/// </summary>
internal interface INativeStream : IAsyncDisposable
{
    /// <summary>Its number on the session: odd if the end that dialled has opened it; the main stream would be 0.</summary>
    uint Id { get; }

    /// <summary>
    /// Completes when all that was written is with the other end; fails with <see cref="NativeAbortException"/> when that reads no more, and
    /// with <see cref="IOException"/> when this end gave up writing, or the link is over.
    /// </summary>
    Task WritesClosed { get; }

    /// <summary>Reads what is there, 0 at the end; with an empty buffer, waits until there is something.</summary>
    /// <exception cref="NativeAbortException">The other end has taken back what it wrote.</exception>
    /// <exception cref="IOException">This end reads no more, or the link is over.</exception>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes all, and then the end if <paramref name="isEnd"/>; completes when the buffer may be used again.</summary>
    /// <exception cref="IOException">As <see cref="WritesClosed"/>.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool isEnd);

    /// <summary>Reads no more, and tells the other end <paramref name="code"/>.</summary>
    void AbortRead(long code);

    /// <summary>Takes back what is under way, and tells the other end <paramref name="code"/>.</summary>
    void AbortWrite(long code);
}

/// <summary>The other end has given up one direction of a native stream.</summary>
internal sealed class NativeAbortException(long code, Exception? cause = null) : IOException($"The other end has aborted the stream with code {code}.", cause)
{
    /// <summary>
    /// What a stream is aborted with when its session is over: larger than the codes of <see cref="StreamResetCode"/>, so that nobody takes the one for the other.
    /// The reason comes with the session's end.
    /// </summary>
    public const long SessionOver = 1L << 32;

    /// <summary>The code that it gave.</summary>
    public long Code => code;

    /// <summary>Its code as that of a reset; null when the session is over and will say why.</summary>
    public uint? ResetCode => code < SessionOver ? (uint)code : null;
}
