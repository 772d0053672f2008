using System.Net;

namespace Firn.Testing;

/// <summary>One end of a <see cref="TunLink"/>: a device in a namespace, and the address that namespace has on it.</summary>
internal sealed class LinkEnd(NetworkNamespace network, string device)
{
    public NetworkNamespace Network { get; } = network;

    public string Device { get; } = device;

    public IPAddress Address { get; private set; } = IPAddress.None;

    /// <summary>Gives this end another address ("10.0.0.1/24") in place of what it has, as when a machine moves to another network.</summary>
    public async Task ChangeAddressAsync(string address)
    {
        Address = IPAddress.Parse(address.Split('/')[0]);
        string[] atOnce = address.Contains(':') ? ["nodad"] : [];
        await Network.ConfigureAsync("address", "flush", "dev", Device);
        await Network.ConfigureAsync(["address", "add", address, "dev", Device, .. atOnce]);
    }
}
