using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace Firn.Transports;

/// <summary>
/// The bytes of a WebSocket's binary messages, whose boundaries mean nothing; the first are those of a TLS record. A read of zero bytes ends when
/// there is something to read, or the end. After a write that was cancelled the connection is of no use: half a message has left.
/// </summary>
/// <param name="socket">It belongs to the stream.</param>
/// <param name="time">For the moment that a goodbye may take.</param>
/// <param name="onClosed">Called once, when the stream is disposed of.</param>
internal sealed class WebSocketDuplex(WebSocket socket, TimeProvider time, Action? onClosed = null) : Stream
{
    // A Close frame waits behind what the other end has not taken yet.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(1);

    private const byte TlsAlert = 0x15, TlsHandshake = 0x16;   // RFC 8446, section 5.1

    private int _isDisposed;
    private bool _isTls;
    private volatile bool _isEnded;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="IOException">The connection broke, or was cut.</exception>
    /// <exception cref="AuthenticationException">The other end does not speak TLS, or sent text.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!_isEnded)
            {
                var received = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Text)
                    throw new AuthenticationException("it sent text, where a WebSocket of Firn holds binary messages");
                if (received.MessageType == WebSocketMessageType.Close)
                    _isEnded = true;

                // A message without bytes says nothing; the beginning of one that has some is what a read of none waits for.
                else if (received.Count > 0 || (buffer.IsEmpty && !received.EndOfMessage))
                    return received.Count > 0 && !_isTls ? ExpectTls(buffer.Span[0], received.Count) : received.Count;
            }

            return 0;
        }
        catch (Exception e) when (IsLoss(e, cancellationToken))
        {
            throw Lost(e);
        }
    }

    /// <summary>Sends one message.</summary>
    /// <exception cref="IOException">The connection broke, or was cut.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsLoss(e, cancellationToken))
        {
            throw Lost(e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Says that nothing follows, and does not wait for an answer.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;

        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var limit = new CancellationTokenSource(CloseTime, time);
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException || IsLoss(e, CancellationToken.None))
            {
                // It has left, or takes nothing any more.
            }
        }

        Release();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
            Release();
        base.Dispose(disposing);
    }

    /// <summary>Looks at the first byte of all: what is not TLS would have it wait for more.</summary>
    private int ExpectTls(byte first, int count)
    {
        _isTls = first is TlsHandshake or TlsAlert;
        return _isTls ? count : throw new AuthenticationException("it sent something that is not TLS");
    }

    private static bool IsLoss(Exception e, CancellationToken cancellationToken) =>
        e is WebSocketException or IOException or InvalidOperationException   // the last one of a socket that was cut
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static IOException Lost(Exception e) => new("The WebSocket was closed without a word.", e);

    private void Release()
    {
        socket.Dispose();
        onClosed?.Invoke();
    }
}
