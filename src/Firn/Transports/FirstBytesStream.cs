using System.Net.Sockets;

namespace Firn.Transports;

/// <summary>A TCP stream that remembers how the other end began, to say what it is when it is not TLS.</summary>
internal sealed class FirstBytesStream(Socket socket) : SocketStream(socket)
{
    private const byte TlsAlert = 0x15, TlsHandshake = 0x16;   // RFC 8446, section 5.1

    private readonly byte[] _first = new byte[5];
    private int _count;

    /// <summary>What the other end speaks; null as long as it may be TLS.</summary>
    public string? KnownProtocol => _first.AsSpan(0, _count) switch
    {
        [] or [TlsAlert or TlsHandshake, ..] => null,
        var first when first.StartsWith("HTTP"u8) => "an HTTP server",
        var first when first.StartsWith("SSH-"u8) => "an SSH server",
        _ => "something without TLS",
    };

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _count < _first.Length ? ReadFirstAsync(buffer, cancellationToken) : base.ReadAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int length = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        var news = buffer.Span[..Math.Min(length, _first.Length - _count)];
        news.CopyTo(_first.AsSpan(_count));
        _count += news.Length;
        return length;
    }
}
