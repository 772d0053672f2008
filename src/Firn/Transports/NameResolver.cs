using System.Net;
using System.Net.Sockets;

namespace Firn.Transports;

/// <summary>Finds the addresses of one family that a host name has; none if it has none.</summary>
internal delegate Task<IReadOnlyList<IPAddress>> NameResolver(string host, AddressFamily family, CancellationToken cancellationToken);

/// <summary>Names as the system resolves them: hosts file, DNS, and whatever else it is set up for.</summary>
internal static class SystemNames
{
    /// <summary>A <see cref="NameResolver"/>.</summary>
    public static async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        if (family == AddressFamily.InterNetworkV6 ? !Socket.OSSupportsIPv6 : !Socket.OSSupportsIPv4)
            return [];

        try
        {
            return await Dns.GetHostAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return [];   // no such name, none of this family, or no answer: there is nowhere to dial either way
        }
    }
}
