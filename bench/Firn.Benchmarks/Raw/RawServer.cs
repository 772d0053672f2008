using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Firn.Benchmarks;

/// <summary>Accepts mutual TLS and echoes.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SslServerAuthenticationOptions _options;
    private readonly bool _isFrugal;

    /// <param name="isFrugal">Wait in reads of zero bytes, which hold no buffer, instead of posted ones, which are quicker.</param>
    /// <param name="isChecked">Check the client's certificate.</param>
    public RawServer(bool isFrugal, bool isChecked)
    {
        (_isFrugal, _options) = (isFrugal, RawTls.Server(isChecked));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose() => _listener.Dispose();

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
            var buffer = new byte[64];
            while (true)
            {
                if (_isFrugal)
                    _ = await tls.ReadAsync(Memory<byte>.Empty);
                int read = await tls.ReadAsync(buffer);
                if (read == 0)
                    return;
                await tls.WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (IOException)
        {
            // The client hung up.
        }
    }
}
