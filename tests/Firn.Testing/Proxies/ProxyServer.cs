using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Firn.Testing;

/// <summary>
/// A proxy on loopback that takes HTTP CONNECT (RFC 9110, section 9.3.6) and SOCKS5 (RFC 1928, 1929) on one port. Every host that it is asked
/// for is on this machine.
/// </summary>
internal sealed class ProxyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly Task _accepting;

    public ProxyServer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What a client must give; nothing if null.</summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>What CONNECT is answered with instead of being served; 0 to serve it.</summary>
    public int Status { get; init; }

    /// <summary>What it was asked for, and took on: <c>CONNECT host:port</c> or <c>SOCKS host:port</c>.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                var stream = client.GetStream();
                byte first = await ReadByteAsync(stream);
                await (first == 5 ? SocksAsync(stream) : ConnectAsync(stream, first));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The client has left, or the test is over.
            }
        }
    }

    private async Task ConnectAsync(NetworkStream client, byte first)
    {
        while (true)
        {
            var head = new StringBuilder().Append((char)first);
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                head.Append((char)await ReadByteAsync(client));

            string[] lines = head.ToString().Split("\r\n");
            string expected = Credential is null ? "" : "Proxy-Authorization: Basic "
                + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Credential.UserName}:{Credential.Password}"));
            if (Status != 0)
            {
                await WriteAsync(client, $"HTTP/1.1 {Status} No\r\nContent-Length: 0\r\n\r\n");
            }
            else if (Credential is not null && !lines.Contains(expected))
            {
                await WriteAsync(client, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n");
            }
            else
            {
                string target = lines[0].Split(' ')[1];
                _asked.Enqueue($"{lines[0].Split(' ')[0]} {target}");
                using var server = await DialAsync(int.Parse(target[(target.LastIndexOf(':') + 1)..]));
                await WriteAsync(client, "HTTP/1.1 200 OK\r\n\r\n");
                await PassAsync(client, server.GetStream());
                return;
            }

            first = await ReadByteAsync(client);
        }
    }

    private async Task SocksAsync(NetworkStream client)
    {
        byte[] methods = await ReadAsync(client, await ReadByteAsync(client));
        byte wanted = (byte)(Credential is null ? 0 : 2);
        if (!methods.Contains(wanted))
        {
            await client.WriteAsync(new byte[] { 5, 0xff }, _stop.Token);
            return;
        }

        await client.WriteAsync(new byte[] { 5, wanted }, _stop.Token);
        if (Credential is not null)
        {
            await ReadByteAsync(client);
            string user = Encoding.UTF8.GetString(await ReadAsync(client, await ReadByteAsync(client)));
            string password = Encoding.UTF8.GetString(await ReadAsync(client, await ReadByteAsync(client)));
            bool isRight = (user, password) == (Credential.UserName, Credential.Password);
            await client.WriteAsync(new byte[] { 1, (byte)(isRight ? 0 : 1) }, _stop.Token);
            if (!isRight)
                return;
        }

        byte[] request = await ReadAsync(client, 4);
        string host = request[3] switch
        {
            1 => new IPAddress(await ReadAsync(client, 4)).ToString(),
            3 => Encoding.ASCII.GetString(await ReadAsync(client, await ReadByteAsync(client))),
            _ => $"[{new IPAddress(await ReadAsync(client, 16))}]",
        };
        byte[] port = await ReadAsync(client, 2);
        int number = (port[0] << 8) | port[1];
        _asked.Enqueue($"SOCKS {host}:{number}");
        using var server = await DialAsync(number);
        await client.WriteAsync(new byte[] { 5, 0, 0, 1, 127, 0, 0, 1, port[0], port[1] }, _stop.Token);
        await PassAsync(client, server.GetStream());
    }

    private async Task<TcpClient> DialAsync(int port)
    {
        var server = new TcpClient { NoDelay = true };
        await server.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
        return server;
    }

    /// <summary>Until both have nothing more to say, or either breaks.</summary>
    private async Task PassAsync(NetworkStream client, NetworkStream server)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAll(OneWayAsync(client, server), OneWayAsync(server, client));

        async Task OneWayAsync(NetworkStream from, NetworkStream to)
        {
            try
            {
                await from.CopyToAsync(to, broken.Token);
                to.Socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                await broken.CancelAsync();
            }
        }
    }

    private ValueTask WriteAsync(NetworkStream client, string text) => client.WriteAsync(Encoding.ASCII.GetBytes(text), _stop.Token);

    private async Task<byte> ReadByteAsync(NetworkStream stream) => (await ReadAsync(stream, 1))[0];

    private async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }
}
