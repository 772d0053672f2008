using System.Collections.Concurrent;
using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Firn.Transports;

/// <summary>
/// A listening UDP port. A connection is handed out when its first packet has come, before anything is computed for it; its handshake goes on
/// when it is secured.
/// </summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("windows"), SupportedOSPlatform("macos")]
internal sealed partial class QuicTransportListener : ITransportListener
{
    /// <summary>Connections that are not secured yet. The gate for strangers drops those beyond its limits, long before: then nobody is refused for others.</summary>
    private const int Backlog = 8192;

    private readonly Channel<QuicPendingLink> _arrived = Channel.CreateUnbounded<QuicPendingLink>();
    private readonly ConcurrentDictionary<QuicConnection, QuicPendingLink> _pending = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private QuicListener _listener = null!;
    private Task _accepting = Task.CompletedTask;
    private int _isDisposed;

    private QuicTransportListener(TimeProvider time, ILogger logger) => (_time, _logger) = (time, logger);

    public NodeAddress Bound { get; private set; } = null!;

    /// <summary>Listens on <paramref name="local"/>.</summary>
    /// <exception cref="SocketException">It cannot be bound.</exception>
    /// <exception cref="QuicException">The library refuses.</exception>
    public static async Task<QuicTransportListener> StartAsync(IPEndPoint local, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var listener = new QuicTransportListener(time, logger);
        var options = new QuicListenerOptions
        {
            ListenEndPoint = local,
            ApplicationProtocols = [TlsOptions.Protocol],
            ListenBacklog = Backlog,
            ConnectionOptionsCallback = listener.OnArrived,
        };
        listener._listener = await QuicListener.ListenAsync(options, cancellationToken).ConfigureAwait(false);
        var bound = listener._listener.LocalEndPoint;
        listener.Bound = NodeAddress.Create(
            "quic", bound.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{bound.Address}]" : bound.Address.ToString(), bound.Port);
        listener._accepting = listener.AcceptSecuredAsync();
        return listener;
    }

    public async ValueTask<IPendingLink> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _arrived.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(QuicTransportListener));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _arrived.Writer.TryComplete();
        await _stopped.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        foreach (var pending in _pending.Values)
            pending.Dispose();
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stopped.Dispose();
    }

    private async ValueTask<QuicServerConnectionOptions> OnArrived(QuicConnection connection, SslClientHelloInfo hello, CancellationToken over)
    {
        var pending = new QuicPendingLink(connection, _time, over);
        _pending[connection] = pending;
        try
        {
            if (!_arrived.Writer.TryWrite(pending))
                pending.Dispose();
            return await pending.Options.ConfigureAwait(false);
        }
        catch
        {
            _pending.TryRemove(connection, out _);
            throw;
        }
    }

    private async Task AcceptSecuredAsync()
    {
        while (true)
        {
            try
            {
                var connection = await _listener.AcceptConnectionAsync(_stopped.Token).ConfigureAwait(false);
                if (_pending.TryRemove(connection, out var pending))
                    pending.OnSecured();
                else
                    await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (_stopped.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException or IOException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException or SocketException or ArgumentException)
            {
                await FindFailedAsync(e).ConfigureAwait(false);
            }
        }
    }

    private async Task FindFailedAsync(Exception why)
    {
        foreach (var (connection, pending) in _pending)
        {
            if (!pending.IsSecuring || !await pending.IsGoneAsync().ConfigureAwait(false))
                continue;
            _pending.TryRemove(connection, out _);
            pending.OnFailed(why);
            LogFailed(pending.Source, why.GetBaseException().Message);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "A connection from {Source} could not be secured: {Why}")]
    private partial void LogFailed(IPAddress source, string why);
}
