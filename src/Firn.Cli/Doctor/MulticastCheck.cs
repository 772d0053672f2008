using System.Net.NetworkInformation;

namespace Firn.Cli;

/// <summary>What came of multicast on an interface.</summary>
internal enum MulticastOutcome
{
    /// <summary>What was sent there came back.</summary>
    Heard,

    /// <summary>It did not.</summary>
    Silent,

    /// <summary>The group cannot be joined there, or nothing sent.</summary>
    Refused,

    /// <summary>Another program has the port of multicast DNS for itself.</summary>
    PortTaken,
}

/// <summary>What is to be known of multicast on an interface, for one version of IP.</summary>
internal sealed record MulticastFacts(string Interface, bool IsIPv6, MulticastOutcome Outcome);

/// <summary>Whether nodes on a network of this machine can find each other.</summary>
internal sealed class MulticastCheck : ICheck
{
    private const string Name = "multicast";

    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => [Judge(await GatherAsync(stop))];

    public static Finding Judge(IReadOnlyList<MulticastFacts> facts)
    {
        if (facts.Count == 0)
            return Finding.Warning(Name, "no interface can multicast: nodes on the network do not find each other", "give addresses: firn up --peer ADDRESS");
        if (facts.FirstOrDefault(f => f.Outcome == MulticastOutcome.PortTaken) is not null)
            return Finding.Warning(Name, "another program has UDP port 5353 for itself", "let it share the port, or give addresses: firn up --peer ADDRESS");

        string[] deaf = [.. facts.Where(f => f.Outcome != MulticastOutcome.Heard).Select(Describe)];
        string[] heard = [.. facts.Where(f => f.Outcome == MulticastOutcome.Heard).Select(Describe)];
        return deaf.Length == 0
            ? Finding.Ok(Name, $"sent and heard on {string.Join(", ", heard)}")
            : Finding.Warning(
                Name,
                $"what is sent on {string.Join(", ", deaf)} does not come back{(heard.Length > 0 ? $"; it does on {string.Join(", ", heard)}" : "")}",
                "let UDP port 5353 through the firewall, or give addresses: firn up --peer ADDRESS");
    }

    private static string Describe(MulticastFacts facts) => $"{facts.Interface} (IPv{(facts.IsIPv6 ? 6 : 4)})";

    private static async Task<IReadOnlyList<MulticastFacts>> GatherAsync(CancellationToken stop)
    {
        var usable = NetworkInterface.GetAllNetworkInterfaces()
            .Where(nic => nic is { OperationalStatus: OperationalStatus.Up, SupportsMulticast: true } && nic.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .ToList();
        var tried = await Task.WhenAll(MulticastProbe.RunAsync(usable, isIPv6: false, stop), MulticastProbe.RunAsync(usable, isIPv6: true, stop));
        return [.. tried.SelectMany(facts => facts)];
    }
}
