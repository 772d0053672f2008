using System.Net;
using System.Net.Sockets;
using Firn.Identity;
using Microsoft.Extensions.Logging;

namespace Firn.Transports;

/// <summary>What can be set about TCP.</summary>
internal sealed record TcpOptions
{
    /// <summary>How many bytes the kernel holds unsent before it takes no more, so that control never waits behind data there.</summary>
    public int UnsentLowWater { get; init; } = 128 * 1024;

    /// <summary>The local address to dial from; null leaves it to the system.</summary>
    public IPAddress? DialFrom { get; init; }
}

/// <summary>TLS over TCP, the default transport.</summary>
internal sealed class TcpTransport(TcpOptions options, TimeProvider time, ILogger logger) : ITransport
{
    private const int Backlog = 512;

    public string Scheme => "tcp";

    public async ValueTask<ITransportListener> ListenAsync(NodeAddress address, CancellationToken cancellationToken)
    {
        try
        {
            var local = (await ResolveAsync(address, cancellationToken).ConfigureAwait(false))[0];
            var socket = Bind(new IPEndPoint(local, address.Port));
            return new TcpTransportListener(socket, options, time, logger);
        }
        catch (SocketException e)
        {
            throw ListenFailure.Of(address, e);
        }
    }

    public async ValueTask<ILink> DialAsync(NodeAddress address, LeafCredential local, CancellationToken cancellationToken)
    {
        var (socket, remote) = await TcpDialer.ConnectAsync(
            address, ct => ResolveAsync(address, ct), options, cancellationToken).ConfigureAwait(false);
        var stream = new FirstBytesStream(socket);
        var name = IPAddress.TryParse(address.Host, out _) ? address.ToString() : $"{address} ({remote.Address})";
        try
        {
            var raw = new RawConnection(stream, name, Scheme, remote, () => socket.Close(timeout: 0));
            return await TlsLink.InitiateAsync(raw, local, cancellationToken).ConfigureAwait(false);
        }
        catch (FirnException e) when (stream.KnownProtocol is { } found)
        {
            throw new FirnException(FailureReason.NotFirn, $"{name} does not speak Firn: {found} answered.", e);
        }
    }

    private static async ValueTask<IPAddress[]> ResolveAsync(NodeAddress address, CancellationToken cancellationToken) =>
        IPAddress.TryParse(address.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(address.Host, cancellationToken).ConfigureAwait(false);

    private static Socket Bind(IPEndPoint local)
    {
        bool isAny = local.Address.Equals(IPAddress.IPv6Any);
        try
        {
            return BindTo(local, dualMode: isAny);
        }
        catch (SocketException e) when (isAny && e.SocketErrorCode
            is SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            return BindTo(new IPEndPoint(IPAddress.Any, local.Port), dualMode: false);   // a machine without IPv6
        }
    }

    private static Socket BindTo(IPEndPoint local, bool dualMode)
    {
        var socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = dualMode;
            socket.Bind(local);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
