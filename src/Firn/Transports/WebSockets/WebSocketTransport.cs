using Firn.Identity;

namespace Firn.Transports;

/// <summary>
/// Firn's TLS inside a WebSocket, for where nothing but HTTP gets through. The outer TLS of <c>wss</c> proves nothing to Firn, and its
/// certificate is not checked: a proxy that breaks it open sees what it sees of <c>ws</c>, the inner TLS.
/// </summary>
internal sealed class WebSocketTransport(string scheme, NodeOptions options) : ITransport, IAsyncDisposable
{
    private readonly WebSocketDialer _dialer = new(options.WebSocketTcp, options.Proxy ?? ProxyVariables.OfProcess());
    private readonly List<IWebSocketListener> _listeners = [];

    public bool DialsNames => true;   // it may be a proxy that resolves them

    public string Scheme => scheme;

    public async ValueTask<ITransportListener> ListenAsync(NodeAddress address, CancellationToken cancellationToken)
    {
        var server = options.WebSocketServer ?? throw new FirnException(
            FailureReason.Unsupported,
            $"{address}: listening on {scheme} takes the package Firn.AspNetCore and options.ServeWebSockets(), before the node is started.");
        var listener = await server.ListenAsync(address, options, cancellationToken).ConfigureAwait(false);
        _listeners.Add(listener);
        return listener;
    }

    public async ValueTask<ILink> DialAsync(NodeAddress address, LeafCredential local, CancellationToken cancellationToken)
    {
        var opened = await _dialer.OpenAsync(address, cancellationToken).ConfigureAwait(false);
        var stream = new WebSocketDuplex(opened.Socket, options.TimeProvider);
        var raw = new RawConnection(stream, address.ToString(), scheme, opened.Remote, opened.Cut)
        {
            Dialled = address,
            IsProxied = opened.IsProxied,
        };
        return await TlsLink.InitiateAsync(raw, local, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
            await listener.EndAsync().ConfigureAwait(false);
    }
}
