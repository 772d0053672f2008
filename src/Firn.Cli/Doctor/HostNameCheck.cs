using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Firn.Cli;

/// <summary>What is to be known of this machine's name.</summary>
/// <param name="Host">The name.</param>
/// <param name="Resolved">What it stands for in the name service that this machine uses; null when nobody knows it.</param>
/// <param name="Own">The addresses of this machine.</param>
internal sealed record HostNameFacts(string Host, IReadOnlyList<IPAddress>? Resolved, IReadOnlyList<IPAddress> Own);

/// <summary>Whether this machine's own name leads to it.</summary>
internal sealed class HostNameCheck : ICheck
{
    private const string Name = "host name";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => [Judge(await GatherAsync(stop))];

    public static Finding Judge(HostNameFacts facts)
    {
        if (facts.Resolved is not { Count: > 0 } resolved)
        {
            return Finding.Warning(
                Name, $"{facts.Host} does not resolve", "give others an address, or enter it in the name service or in /etc/hosts");
        }

        var afar = resolved.Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal).ToList();
        var foreign = afar.Except(facts.Own).ToList();
        if (foreign.Count > 0)
        {
            return Finding.Warning(
                Name, $"{facts.Host} stands for {string.Join(' ', foreign)}, which no interface here has", "correct it in the name service, or give others an address");
        }

        return Finding.Ok(Name, afar.Count == 0 ? $"{facts.Host} means this machine, by that name only here" : $"{facts.Host} stands for {string.Join(' ', afar)}");
    }

    private static async Task<HostNameFacts> GatherAsync(CancellationToken stop)
    {
        IReadOnlyList<IPAddress>? resolved = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            resolved = await Dns.GetHostAddressesAsync(Environment.MachineName, limit.Token);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // Nobody knows it, or nobody answers.
        }

        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(nic => nic.GetIPProperties().UnicastAddresses).Select(a => a.Address);
        return new HostNameFacts(Environment.MachineName, resolved, [.. own]);
    }
}
