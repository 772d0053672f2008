using System.Net.NetworkInformation;

namespace Firn.Cli;

/// <summary>What is to be known of an interface that is up.</summary>
/// <param name="Name">What the system calls it.</param>
/// <param name="IsLoopback">Whether it leads nowhere else.</param>
/// <param name="Addresses">Those that others can dial: no link-local ones.</param>
internal sealed record InterfaceFacts(string Name, bool IsLoopback, IReadOnlyList<string> Addresses);

/// <summary>Whether this machine has an address that others can dial.</summary>
internal sealed class InterfaceCheck : ICheck
{
    private const string Name = "interfaces";
    private const int Most = 4;

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<Finding>>([Judge(Gather())]);

    public static Finding Judge(IReadOnlyList<InterfaceFacts> interfaces)
    {
        var usable = interfaces.Where(i => !i.IsLoopback && i.Addresses.Count > 0).ToList();
        if (usable.Count == 0)
        {
            return Finding.Warning(
                Name, "none has an address but loopback: only nodes on this machine can be reached", "connect this machine to a network");
        }

        string more = usable.Count > Most ? $", and {usable.Count - Most} more" : "";
        return Finding.Ok(Name, string.Join(", ", usable.Take(Most).Select(i => $"{i.Name} {string.Join(' ', i.Addresses)}")) + more);
    }

    private static List<InterfaceFacts> Gather() =>
    [
        .. from nic in NetworkInterface.GetAllNetworkInterfaces()
           where nic.OperationalStatus == OperationalStatus.Up || nic.NetworkInterfaceType == NetworkInterfaceType.Loopback
           let addresses = nic.GetIPProperties().UnicastAddresses.Select(a => a.Address)
           select new InterfaceFacts(
               nic.Name,
               nic.NetworkInterfaceType == NetworkInterfaceType.Loopback,
               [.. addresses.Where(a => !a.IsIPv6LinkLocal).Select(a => a.ToString()).Where(text => !text.StartsWith("169.254.", StringComparison.Ordinal))]),
    ];
}
