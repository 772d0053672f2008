namespace Firn.Testing;

/// <summary>
/// An Ethernet switch: a bridge in a namespace of its own, to which any number of hosts, each a namespace, are plugged in. Multicast reaches
/// all. Dispose it before its hosts.
/// </summary>
internal sealed class LanSwitch : IAsyncDisposable
{
    public const string Device = "eth0";

    private readonly NetworkNamespace _network;
    private int _ports;

    private LanSwitch(NetworkNamespace network) => _network = network;

    public static async Task<LanSwitch> CreateAsync()
    {
        NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await network.ConfigureAsync("link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
        await network.ConfigureAsync("link", "set", "br0", "up");
        return new LanSwitch(network);
    }

    /// <summary>Plugs a host in. Its end is <see cref="Device"/>: up with the address given, or else down and without one.</summary>
    public async Task PlugAsync(NetworkNamespace host, string? address = null)
    {
        string port = $"port{Interlocked.Increment(ref _ports)}";
        await _network.ConfigureAsync("link", "add", port, "type", "veth", "peer", "name", Device, "netns", host.Name);
        await _network.ConfigureAsync("link", "set", port, "master", "br0", "up");
        if (address is not null)
        {
            await BringUpAsync(host, address);
        }
    }

    /// <summary>Turns the end of a host on; without an address it has a link-local one of IPv6 alone, at once.</summary>
    public static async Task BringUpAsync(NetworkNamespace host, string? address = null)
    {
        // Nobody has the same address: to make sure of it would take a second.
        await host.RunAsync("sysctl", "-qw", $"net.ipv6.conf.{Device}.accept_dad=0");
        if (address is not null)
        {
            await host.ConfigureAsync("address", "add", address, "dev", Device);
        }

        await host.ConfigureAsync("link", "set", Device, "up");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();
}
