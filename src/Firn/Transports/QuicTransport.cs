using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using Firn.Identity;
using Microsoft.Extensions.Logging;

namespace Firn.Transports;

/// <summary>What can be set about QUIC.</summary>
internal sealed record QuicOptions
{
    /// <summary>The local address to dial from; null leaves it to the system.</summary>
    public IPAddress? DialFrom { get; init; }
}

/// <summary>QUIC: TLS 1.3 and streams over UDP, where <see cref="QuicSupport.IsThere"/>.</summary>
internal sealed class QuicTransport(QuicOptions options, TimeProvider time, ILogger logger) : ITransport
{
    public string Scheme => "quic";

    public async ValueTask<ITransportListener> ListenAsync(NodeAddress address, CancellationToken cancellationToken)
    {
        if (!QuicSupport.IsThere)
            throw QuicSupport.Failure(address);
        try
        {
            var local = (await HostAddresses.ResolveAsync(address, cancellationToken).ConfigureAwait(false))[0];
            var endPoint = new IPEndPoint(local, address.Port);
            ExpectFree(endPoint);
            return await QuicTransportListener.StartAsync(endPoint, time, logger, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw ListenFailure.Of(address, e);
        }
        catch (QuicException e)
        {
            throw new FirnException(FailureReason.CannotListen, $"Cannot listen on {address}: {e.Message.TrimEnd('.')}.", e);
        }
    }

    public async ValueTask<ILink> DialAsync(NodeAddress address, LeafCredential local, CancellationToken cancellationToken)
    {
        if (!QuicSupport.IsThere)
            throw QuicSupport.Failure(address);
        return await QuicDialer.ConnectAsync(address, options, local, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>libmsquic would share a port with another program that lets it, and each would get some of the other's packets.</summary>
    private static void ExpectFree(IPEndPoint local)
    {
        using var probe = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (local.AddressFamily == AddressFamily.InterNetworkV6)
            probe.DualMode = local.Address.Equals(IPAddress.IPv6Any);
        probe.Bind(local);
    }
}
