using System.Globalization;
using System.Net;
using System.Net.Quic;

namespace Firn.Benchmarks;

/// <summary>Accepts connections, sends the first byte of their one stream back, and serves it.</summary>
internal sealed class RawQuicServer(QuicListener listener, Func<QuicStream, Task> serve) : IAsyncDisposable
{
    public static async Task<(IAsyncDisposable Server, string Address)> StartAsync(string kind)
    {
        Func<QuicStream, Task> serve = kind == RawQuic.Calls.ServerKind ? RawCallServer.ServeAsync : RawQuicStream.ServeAsync;
        var tls = RawTls.Server(isChecked: true);
        tls.ApplicationProtocols = [RawQuic.Protocol];
        var listener = await QuicListener.ListenAsync(new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [RawQuic.Protocol],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(new QuicServerConnectionOptions
            {
                ServerAuthenticationOptions = tls,
                DefaultCloseErrorCode = 0,
                DefaultStreamErrorCode = 0,
            }),
        });
        var server = new RawQuicServer(listener, serve);
        _ = server.AcceptAsync();
        return (server, listener.LocalEndPoint.Port.ToString(CultureInfo.InvariantCulture));
    }

    public ValueTask DisposeAsync() => listener.DisposeAsync();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptConnectionAsync();
                _ = Task.Run(() => ServeAsync(connection));
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or QuicException)
        {
            // The benchmark is over.
        }
    }

    private async Task ServeAsync(QuicConnection connection)
    {
        try
        {
            await using (connection)
            await using (var stream = await connection.AcceptInboundStreamAsync())
            {
                var first = new byte[1];
                await stream.ReadExactlyAsync(first);
                await stream.WriteAsync(first);
                await serve(stream);
                await stream.ReadsClosed;   // until the other end has its answer and goes
            }
        }
        catch (Exception e) when (e is QuicException or IOException)
        {
            // The run is over.
        }
    }
}
