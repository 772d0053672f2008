using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Firn.Benchmarks;

/// <summary>Accepts mutual TLS, sends the client's first byte back, by which it knows that the connection stands, and serves it.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SslServerAuthenticationOptions _options;
    private readonly Func<SslStream, Task> _serve;

    /// <param name="serve">Serves a connection until it ends.</param>
    /// <param name="isChecked">Check the client's certificate.</param>
    public RawServer(Func<SslStream, Task> serve, bool isChecked = true)
    {
        (_serve, _options) = (serve, RawTls.Server(isChecked));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _ = AcceptAsync();
    }

    public string Address => ((IPEndPoint)_listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                _ = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The benchmark is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsServerAsync(_options);
            var first = new byte[1];
            await tls.ReadExactlyAsync(first);
            await tls.WriteAsync(first);
            await _serve(tls);
        }
        catch (IOException)
        {
            // The client hung up.
        }
    }
}
