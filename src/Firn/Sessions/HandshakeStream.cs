using Firn.Protocol;

namespace Firn.Sessions;

/// <summary>Reads and writes whole handshake messages, and not a byte of what follows them.</summary>
internal readonly struct HandshakeStream(Stream stream)
{
    /// <exception cref="HandshakeException">The header announces what no message may be.</exception>
    /// <exception cref="EndOfStreamException">The other end hung up.</exception>
    public async Task<byte[]> ReceiveAsync(CancellationToken cancellationToken)
    {
        var header = new byte[HandshakeMessage.HeaderLength];
        await stream.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
        var message = new byte[header.Length + HandshakeMessage.BytesAfter(header)];
        header.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(header.Length), cancellationToken).ConfigureAwait(false);
        return message;
    }

    public ValueTask SendAsync(byte[] message, CancellationToken cancellationToken) =>
        message.Length == 0 ? ValueTask.CompletedTask : stream.WriteAsync(message, cancellationToken);
}
