using System.Net;
using System.Net.WebSockets;
using Firn.Identity;
using Firn.Protocol;
using Firn.Transports;
using Microsoft.AspNetCore.Http;

namespace Firn.AspNetCore;

/// <summary>
/// A request for a WebSocket that is not answered before the gate for strangers lets it in. Its request lives as long as the link: whoever
/// serves it waits for <see cref="Ended"/>, and then calls <see cref="Leave"/>.
/// </summary>
internal sealed class HttpPendingLink : IPendingLink
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private readonly IPEndPoint _remote;
    private readonly string _scheme;
    private HttpContext? _request;
    private bool _isUpgraded, _isDropped;
    private readonly CancellationTokenRegistration _whenLost;

    public HttpPendingLink(HttpContext request, TimeProvider time)
    {
        (_request, _time) = (request, time);
        var address = request.Connection.RemoteIpAddress ?? IPAddress.None;
        _remote = new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, request.Connection.RemotePort);
        _scheme = request.Request.IsHttps ? "wss" : "ws";
        _whenLost = request.RequestAborted.Register(Dispose);   // who leaves while it waits
    }

    public Source Source => Source.Of(_remote.Address);

    public string Origin => _remote.Address.ToString();

    public StrangerPool Pool => StrangerPool.WebSocket;

    /// <summary>Completes when the link is over, or was refused.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The link, once it is secure.</summary>
    public ILink? Link { get; private set; }

    public async ValueTask<ILink> SecureAsync(LeafCredential local, CancellationToken cancellationToken)
    {
        var socket = await UpgradeAsync().ConfigureAwait(false);
        var stream = new WebSocketDuplex(socket, _time, () => _ended.TrySetResult());
        var raw = new RawConnection(stream, _remote.ToString(), _scheme, _remote, Cut) { IsProxied = true };
        return Link = await TlsLink.AcceptAsync(raw, local, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Cuts it. Once it is a WebSocket, its request ends when that is disposed of and not before: whoever reads it, and is cancelled, still
    /// aborts the request.
    /// </summary>
    public void Dispose()
    {
        bool isRequest;
        lock (_gate)
        {
            _isDropped = true;
            isRequest = !_isUpgraded;
        }

        Cut();
        if (isRequest)
            _ended.TrySetResult();
    }

    /// <summary>The request is over: its context serves another one from here on, and must not be touched.</summary>
    public void Leave()
    {
        _whenLost.Dispose();
        lock (_gate)
            _request = null;
    }

    private async ValueTask<WebSocket> UpgradeAsync()
    {
        // From here on what the other end has sent is read, its last words too, before its end shows.
        await _whenLost.DisposeAsync().ConfigureAwait(false);
        try
        {
            Task<WebSocket> upgrading;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_request is null || _isDropped, this);
                _isUpgraded = true;
                upgrading = _request.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
                {
                    SubProtocol = WebSocketProtocol.SubProtocol,
                    KeepAliveInterval = TimeSpan.Zero,   // sessions ping
                    DangerousEnableCompression = false,  // what is inside is encrypted
                });
            }

            return await upgrading.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            Cut();
            _ended.TrySetResult();
            throw new FirnException(FailureReason.ConnectionLost, $"{_remote} closed the connection before its WebSocket was open.", e);
        }
    }

    private void Cut()
    {
        lock (_gate)
            _request?.Abort();
    }
}
