using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Transports;

/// <summary>A WebSocket that the other end has agreed to.</summary>
/// <param name="Socket">It is open, and of the caller.</param>
/// <param name="Remote">The other end of the TCP connection: a proxy, if there is one.</param>
/// <param name="IsProxied">Whether there is a proxy on the way that this machine knows of.</param>
/// <param name="Cut">Closes the TCP connection at once, from any thread, as often as one likes.</param>
internal sealed record OpenedWebSocket(WebSocket Socket, IPEndPoint Remote, bool IsProxied, Action Cut);

/// <summary>Opens WebSockets over HTTP/1.1, through the proxy that the environment asks for.</summary>
internal sealed class WebSocketDialer(TcpOptions options, IWebProxy proxy)
{
    private const int MaxAnswerKilobytes = 16;

    /// <summary>Connects and upgrades; nothing stays open when it fails or is cancelled.</summary>
    /// <exception cref="FirnException">As <see cref="ITransport.DialAsync"/>.</exception>
    public async ValueTask<OpenedWebSocket> OpenAsync(NodeAddress address, CancellationToken cancellationToken)
    {
        var uri = new Uri($"{address.Scheme}://{address.Host}:{address.Port}{WebSocketProtocol.Path}");
        var way = proxy.IsBypassed(uri) ? null : proxy.GetProxy(uri);
        var hop = new FirstHop(address, way, options, cancellationToken);
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(WebSocketProtocol.SubProtocol);
            socket.Options.HttpVersion = HttpVersion.Version11;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            socket.Options.KeepAliveInterval = TimeSpan.Zero;   // sessions ping, and know what an answer means
            socket.Options.CollectHttpResponseDetails = true;
            using var http = new HttpMessageInvoker(HandlerFor(hop, way));
            await socket.ConnectAsync(uri, http, cancellationToken).ConfigureAwait(false);
            if (socket.SubProtocol != WebSocketProtocol.SubProtocol)
                throw WebSocketFailure.NotThisProtocol(address);
            return new OpenedWebSocket(socket, hop.Remote!, way is not null, hop.Cut);
        }
        catch (Exception e)
        {
            hop.Cut();
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is FirnException)
                throw;
            if (hop.ProxyErrors != SslPolicyErrors.None)
                throw WebSocketFailure.UntrustedProxy(address, way!, hop.ProxyErrors, e);
            throw WebSocketFailure.Explain(address, way, way is null ? null : proxy.Credentials?.GetCredential(way, "Basic"), socket, e);
        }
    }

    private SocketsHttpHandler HandlerFor(FirstHop hop, Uri? way) => new()
    {
        ConnectCallback = hop.ConnectAsync,
        UseProxy = way is not null,
        Proxy = proxy,
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,   // no word of what this process does to whoever answers
        MaxResponseHeadersLength = MaxAnswerKilobytes,
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
            RemoteCertificateValidationCallback = (tls, _, _, errors) => errors == SslPolicyErrors.None || !hop.Refuses((SslStream)tls, errors),
        },
    };

    /// <summary>The TCP connections of one dial. There may be a second one where a proxy asks for credentials; the last counts.</summary>
    private sealed class FirstHop(NodeAddress address, Uri? way, TcpOptions options, CancellationToken dialling)
    {
        private readonly Lock _gate = new();
        private Socket? _socket;
        private bool _isCut;

        public IPEndPoint? Remote { get; private set; }

        /// <summary>What is wrong with the certificate of the proxy, if anything.</summary>
        public SslPolicyErrors ProxyErrors { get; private set; }

        /// <summary>
        /// Whether a certificate with <paramref name="errors"/> will not do. A proxy that is reached over TLS may be given credentials, so it has to
        /// prove who it is; a server proves it inside.
        /// </summary>
        public bool Refuses(SslStream tls, SslPolicyErrors errors)
        {
            bool isProxy = way?.Scheme == "https" && string.Equals(tls.TargetHostName, way.IdnHost, StringComparison.OrdinalIgnoreCase);
            if (isProxy)
                ProxyErrors = errors;
            return isProxy;
        }

        public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            // The handler asks again where a server hung up without an answer, which is no news the second time.
            if (way is null && _socket is not null)
                throw new FirnException(FailureReason.ConnectionLost, $"{address} closed the connection before it answered.");

            // It would also go on for a while for whoever may come next.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, dialling);
            var (socket, remote) = await ConnectAsync(context.DnsEndPoint, limit.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _socket?.Dispose();
                (_socket, Remote) = (socket, remote);
                if (_isCut)
                    socket.Dispose();
                ObjectDisposedException.ThrowIf(_isCut, this);
            }

            return new SocketStream(socket);
        }

        public void Cut()
        {
            lock (_gate)
            {
                _isCut = true;
                _socket?.Close(timeout: 0);
            }
        }

        private async ValueTask<(Socket Socket, IPEndPoint Remote)> ConnectAsync(DnsEndPoint to, CancellationToken cancellationToken)
        {
            if (way is null)
                return await TcpDialer.ConnectAsync(address, ct => ResolveAsync(to.Host, ct), options, cancellationToken).ConfigureAwait(false);

            try
            {
                var hop = NodeAddress.Create("tcp", to.Host.Contains(':') ? $"[{to.Host.Trim('[', ']')}]" : to.Host, to.Port);
                return await TcpDialer.ConnectAsync(hop, ct => ResolveAsync(to.Host, ct), options, cancellationToken).ConfigureAwait(false);
            }
            catch (FirnException e)
            {
                throw new FirnException(e.Reason, $"{address} goes through the proxy {WebSocketFailure.Show(way)}: {e.Message}", e);
            }
        }

        private static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
            IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
    }
}
