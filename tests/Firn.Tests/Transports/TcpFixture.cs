using System.Net;
using System.Net.Sockets;
using Firn.Testing;
using Firn.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Tests.Transports;

/// <summary>A TCP transport on loopback, with a ceiling on every wait.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls DisposeAsync")]
public abstract class TcpFixture : IAsyncLifetime
{
    private readonly CancellationTokenSource _ceiling = new(EventLog.Ceiling);

    private protected TcpTransport Tcp { get; } = Transport(new TcpOptions());

    private protected ITransportListener Listener { get; private set; } = null!;

    protected CancellationToken Ceiling => _ceiling.Token;

    public async Task InitializeAsync() => Listener = await Tcp.ListenAsync(NodeAddress.Parse("127.0.0.1:0"), Ceiling);

    public async Task DisposeAsync()
    {
        await Listener.DisposeAsync();
        _ceiling.Dispose();
    }

    private protected static TcpTransport Transport(TcpOptions options) => new(options, TimeProvider.System, NullLogger.Instance);

    /// <summary>The next connection, secured as Beta.</summary>
    private protected async Task<ILink> AcceptAsync()
    {
        var pending = await Listener.AcceptAsync(Ceiling);
        return await pending.SecureAsync(Leaves.Beta, Ceiling);
    }

    private protected Task<FirnException> RefusalOfNextAsync() => Should.ThrowAsync<FirnException>(AcceptAsync);

    private protected async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Listener.Bound.Port, Ceiling);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Reads until the other end closes, by an orderly end or a reset; true for the former.</summary>
    private protected async Task<bool> EndsAsync(Stream stream)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null, Ceiling);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
