using System.Globalization;
using System.Net;

namespace Firn.Transports;

/// <summary>
/// What <c>NO_PROXY</c> lists, separated by commas: <c>*</c>; an address; a network (<c>10.0.0.0/8</c>); a domain with all below it
/// (<c>example.com</c>, or <c>.example.com</c> and <c>*.example.com</c> for what is below it alone); each but a network with a port if one likes.
/// </summary>
internal sealed class NoProxyList(string text)
{
    private readonly string[] _entries = text.Split([',', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public bool Holds(Uri destination)
    {
        string host = destination.IdnHost.Trim('[', ']');
        var address = IPAddress.TryParse(host, out var literal) ? literal : null;
        return _entries.Any(entry => Holds(entry, host, address, destination.Port));
    }

    private static bool Holds(string entry, string host, IPAddress? address, int port)
    {
        if (entry == "*")
            return true;
        if (IPNetwork.TryParse(entry, out var network))
            return address is not null && network.Contains(address);
        if (IPAddress.TryParse(entry.Trim('[', ']'), out var listed))
            return listed.Equals(address);

        int colon = entry.LastIndexOf(':');
        if (colon > 0)
            return entry[(colon + 1)..] == port.ToString(CultureInfo.InvariantCulture) && Holds(entry[..colon], host, address, port);

        string domain = entry.TrimStart('*');
        return address is null && (domain.StartsWith('.')
            ? host.EndsWith(domain, StringComparison.OrdinalIgnoreCase)
            : host.Equals(domain, StringComparison.OrdinalIgnoreCase) || host.EndsWith('.' + domain, StringComparison.OrdinalIgnoreCase));
    }
}
