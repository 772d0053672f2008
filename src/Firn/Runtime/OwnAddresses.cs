using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Firn.Protocol;

namespace Firn.Runtime;

/// <summary>The addresses at which others can reach this node.</summary>
internal static class OwnAddresses
{
    /// <summary>Addresses that one record holds.</summary>
    public const int Max = 8;

    // Of the 1,024 bytes of a record, which also holds a key, a signature and a name of up to 318 characters.
    private const int MaxCharacters = 512;

    /// <summary>
    /// Those <paramref name="advertised"/>, then those <paramref name="bound"/>, with every wildcard replaced by the addresses of this machine's
    /// interfaces: those that lead here from afar first, loopback last, no link-local ones; as many as a record holds.
    /// </summary>
    public static IReadOnlyList<NodeAddress> Of(IEnumerable<NodeAddress> advertised, IEnumerable<NodeAddress> bound)
    {
        int characters = 0;
        return
        [
            .. advertised.Concat(bound.SelectMany(Expand).OrderBy(a => IsLoopback(a) ? 1 : 0)).Distinct().Take(Max)
                .TakeWhile(a => (characters += a.ToString().Length) <= MaxCharacters),
        ];
    }

    /// <summary>Reads what a node is told to advertise.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: too many, or one that nobody can dial.</exception>
    public static IReadOnlyList<NodeAddress> ReadAdvertised(IEnumerable<string> texts)
    {
        List<NodeAddress> addresses = [.. texts.Select(NodeAddress.Parse)];
        if (addresses.Count > Max || addresses.Sum(a => a.ToString().Length) > MaxCharacters)
        {
            throw new FirnException(
                FailureReason.InvalidInput, $"There are {addresses.Count} addresses to advertise: expected at most {Max}, of {MaxCharacters} characters together.");
        }

        return addresses.Find(a => !MeshAddresses.IsTellable(a) || a.Host is "0.0.0.0" or "[::]") is { } wrong
            ? throw new FirnException(
                FailureReason.InvalidInput,
                $"{wrong} cannot be advertised: expected a port that is not 0, no name before an @, and an IP address, or for ws and wss a full DNS name.")
            : addresses;
    }

    /// <summary>Where somebody who is given an invite may dial: loopback only where there is nothing else.</summary>
    public static IReadOnlyList<NodeAddress> ForInvite(IEnumerable<NodeAddress> advertised, IEnumerable<NodeAddress> bound, int max)
    {
        var all = Of(advertised, bound);
        return [.. all.Where(a => !IsLoopback(a) || all.All(IsLoopback)).Take(max)];
    }

    /// <summary>Where a process on the same machine dials <paramref name="bound"/>.</summary>
    public static NodeAddress FromThisMachine(NodeAddress bound) => bound.Host switch
    {
        "0.0.0.0" => NodeAddress.Create(bound.Scheme, "127.0.0.1", bound.Port),
        "[::]" => NodeAddress.Create(bound.Scheme, Socket.OSSupportsIPv4 ? "127.0.0.1" : "[::1]", bound.Port),
        _ => bound,
    };

    private static IEnumerable<NodeAddress> Expand(NodeAddress bound)
    {
        if (!IPAddress.TryParse(bound.Host.Trim('[', ']'), out var address))
            return [];
        if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            return [bound];

        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up || i.NetworkInterfaceType == NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => !a.IsIPv6LinkLocal && !a.IsIPv6Multicast
                && (a.AddressFamily == AddressFamily.InterNetwork || address.Equals(IPAddress.IPv6Any)))
            .Select(a => NodeAddress.Create(bound.Scheme, a.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{a}]" : a.ToString(), bound.Port));
    }

    private static bool IsLoopback(NodeAddress address) =>
        IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);
}
