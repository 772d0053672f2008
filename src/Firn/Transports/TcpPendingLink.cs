using System.Net;
using System.Net.Sockets;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Transports;

/// <summary>An accepted TCP connection before TLS.</summary>
internal sealed class TcpPendingLink : IPendingLink
{
    private const byte TlsHandshake = 0x16;   // RFC 8446, section 5.1

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly IPEndPoint _remote;

    /// <summary>Takes <paramref name="socket"/> over.</summary>
    /// <exception cref="SocketException">The other end has left already.</exception>
    public TcpPendingLink(Socket socket, TcpOptions options, TimeProvider time)
    {
        TcpDialer.Tune(socket, options);
        var remote = (IPEndPoint)socket.RemoteEndPoint!;
        _remote = remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;
        (_socket, _time) = (socket, time);
    }

    public Source Source => Source.Of(_remote.Address);

    public string Origin => _remote.Address.ToString();

    public StrangerPool Pool => StrangerPool.Direct;

    public async ValueTask<ILink> SecureAsync(LeafCredential local, CancellationToken cancellationToken)
    {
        try
        {
            await ExpectTlsAsync(cancellationToken).ConfigureAwait(false);
            var raw = new RawConnection(
                new SocketStream(_socket), _remote.ToString(), "tcp", _remote, () => _socket.Close(timeout: 0));
            return await TlsLink.AcceptAsync(raw, local, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            _socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new FirnException(FailureReason.ConnectionLost, $"{_remote} closed the connection before TLS was set up.", e);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Looks at the first byte, which TLS then reads again, before anything is spent on the connection.</summary>
    private async ValueTask ExpectTlsAsync(CancellationToken cancellationToken)
    {
        var first = new byte[1];
        int length = await _socket.ReceiveAsync(first, SocketFlags.Peek, cancellationToken).ConfigureAwait(false);
        if (length == 0)
            throw new FirnException(FailureReason.ConnectionLost, $"{_remote} closed the connection without a word.");
        if (first[0] == TlsHandshake)
            return;

        bool isHttp = await PlainHttp.TryRefuseAsync(_socket, _time, cancellationToken).ConfigureAwait(false);
        throw new FirnException(
            FailureReason.NotFirn, isHttp ? $"{_remote} sent an HTTP request." : $"{_remote} sent something that is not TLS.");
    }
}
