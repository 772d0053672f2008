using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Firn.Transports;

/// <summary>A listening TCP socket that nothing but its disposal ends.</summary>
internal sealed partial class TcpTransportListener(
    Socket socket, TcpOptions options, TimeProvider time, ILogger logger, Func<CancellationToken, ValueTask<Socket>>? accept = null)
    : ITransportListener
{
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    private readonly Func<CancellationToken, ValueTask<Socket>> _accept = accept ?? socket.AcceptAsync;
    private volatile bool _disposed;
    private bool _failing;

    public NodeAddress Bound { get; } = AddressOf((IPEndPoint)socket.LocalEndPoint!);

    public async ValueTask<IPendingLink> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Socket? accepted = null;
            try
            {
                accepted = await _accept(cancellationToken).ConfigureAwait(false);
                var link = new TcpPendingLink(accepted, options, time);
                _failing = false;
                return link;
            }
            catch (SocketException e)
            {
                accepted?.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(_disposed, this);
                bool connectionLeft = accepted is not null || e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset;
                if (connectionLeft)
                    continue;

                // Out of files or memory: connections wait in the backlog meanwhile.
                if (!_failing)
                    LogCannotAccept(logger, Bound, e.Message);
                _failing = true;
                await Task.Delay(Backoff, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static NodeAddress AddressOf(IPEndPoint local) => NodeAddress.Create(
        "tcp", local.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{local.Address}]" : local.Address.ToString(), local.Port);

    [LoggerMessage(1, LogLevel.Warning, "Cannot accept connections on {Address} for now: {Why}. They wait; trying on.")]
    private static partial void LogCannotAccept(ILogger logger, NodeAddress address, string why);
}
