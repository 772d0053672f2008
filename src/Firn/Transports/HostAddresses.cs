using System.Net;

namespace Firn.Transports;

/// <summary>The IP addresses of an address's host.</summary>
internal static class HostAddresses
{
    /// <exception cref="System.Net.Sockets.SocketException">The name does not resolve.</exception>
    public static async ValueTask<IPAddress[]> ResolveAsync(NodeAddress address, CancellationToken cancellationToken) =>
        IPAddress.TryParse(address.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(address.Host, cancellationToken).ConfigureAwait(false);

    /// <summary>IPv4 as such, however the socket was bound.</summary>
    public static IPEndPoint Plain(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
}
