using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Firn.Testing;

namespace Firn.Tests.Strangers;

/// <summary>
/// Somebody in the middle: a port that leads to a node. It passes bytes on as they come, or ends TLS on both sides with leaves that are
/// properly signed by its own identity.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Rogue _identity = new();
    private readonly NodeAddress _target;
    private readonly bool _endsTls;
    private readonly Task _serving;
    private long _passed;

    public Relay(NodeAddress target, bool endsTls = true)
    {
        (_target, _endsTls) = (target, endsTls);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Whose leaves it shows.</summary>
    public Did Did => _identity.Leaf.Did;

    public NodeAddress Address => NodeAddress.Parse($"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Bytes that went through, both ways.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>May change what it passes on: whether it comes from the node, how many bytes came that way before, and the bytes.</summary>
    public Action<bool, long, Memory<byte>>? Change { get; init; }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        try
        {
            await _serving.WaitAsync(EventLog.Ceiling);
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // It was waiting for the next one, or about to.
        }

        _identity.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            Stream inside = (await _listener.AcceptTcpClientAsync()).GetStream();
            Stream outside = (await RawTls.ConnectAsync(_target)).GetStream();
            if (_endsTls)
            {
                var (server, client) = (new SslStream(inside), new SslStream(outside));
                await Task.WhenAll(
                    server.AuthenticateAsServerAsync(RawTls.ServerOptions(_identity.Leaf.Context)),
                    client.AuthenticateAsClientAsync(RawTls.ClientOptions(_identity.Leaf.Context)));
                (inside, outside) = (server, client);
            }

            _ = PassAsync(inside, outside, isFromNode: false);
            _ = PassAsync(outside, inside, isFromNode: true);
        }
    }

    private async Task PassAsync(Stream from, Stream to, bool isFromNode)
    {
        var buffer = new byte[16 * 1024];
        long before = 0;
        try
        {
            for (int length; (length = await from.ReadAsync(buffer)) > 0; before += length)
            {
                Interlocked.Add(ref _passed, length);
                Change?.Invoke(isFromNode, before, buffer.AsMemory(0, length));
                await to.WriteAsync(buffer.AsMemory(0, length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // One side has hung up; so does the other now.
        }

        await from.DisposeAsync();
        await to.DisposeAsync();
    }
}
