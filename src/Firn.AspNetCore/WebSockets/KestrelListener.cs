using System.Threading.Channels;
using Firn.Transports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Firn.AspNetCore;

/// <summary>The WebSockets that a web server of this node's own is asked for.</summary>
internal sealed class KestrelListener : IWebSocketListener
{
    private readonly WebApplication _server;
    private readonly string _scheme;
    private readonly ServerCertificate? _certificate;
    private readonly Channel<IPendingLink> _asked = Channel.CreateUnbounded<IPendingLink>();   // emptied at once: the node's gate is what holds them
    private readonly CancellationTokenSource _cut = new();
    private readonly WebSocketDoor _door;
    private Task? _stopping;

    /// <param name="server">It has not started yet, and belongs to the listener once it has.</param>
    /// <param name="scheme"><c>ws</c> or <c>wss</c>.</param>
    /// <param name="time">The node's.</param>
    /// <param name="certificate">That of <c>wss</c>; it belongs to the listener.</param>
    public KestrelListener(WebApplication server, string scheme, TimeProvider time, ServerCertificate? certificate)
    {
        (_server, _scheme, _certificate) = (server, scheme, certificate);
        _door = new WebSocketDoor(Take, time, static (_, _) => false, CancellationToken.None);   // the node itself ends its sessions
    }

    public NodeAddress Bound => field ??= AddressOf(_server, _scheme);

    public async ValueTask<IPendingLink> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _asked.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(KestrelListener));
        }
    }

    public Task ServeAsync(HttpContext context) => context.Request.Path == WebSocketProtocol.Path
        ? WebSocketEndpoint.ServeAsync(context, _door)
        : WebSocketEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, $"A node of Firn is served here, at {WebSocketProtocol.Path}.");

    /// <summary>Lets the port go. The server stops when its last request has ended, which is that of the last link.</summary>
    public ValueTask DisposeAsync()
    {
        if (_asked.Writer.TryComplete())
            _stopping = _server.StopAsync(_cut.Token);
        return ValueTask.CompletedTask;
    }

    public async Task EndAsync()
    {
        await DisposeAsync().ConfigureAwait(false);
        await _cut.CancelAsync().ConfigureAwait(false);
        await _stopping!.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // that it was told to hurry
        await _server.DisposeAsync().ConfigureAwait(false);
        _certificate?.Dispose();
        _cut.Dispose();
    }

    private void Take(IPendingLink pending)
    {
        if (!_asked.Writer.TryWrite(pending))
            pending.Dispose();
    }

    private static NodeAddress AddressOf(WebApplication server, string scheme)
    {
        var bound = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return NodeAddress.Create(scheme, bound.Host, bound.Port);
    }
}
