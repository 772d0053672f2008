namespace Firn.Testing;

/// <summary>A cable between two network namespaces: at its ends nothing but the two addresses, and no route to anywhere else.</summary>
internal static class VethPair
{
    private static int s_last;

    /// <summary>Lays it; it goes with either namespace.</summary>
    public static async Task LayAsync(NetworkNamespace one, string address, NetworkNamespace other, string otherAddress)
    {
        string device = $"cable{Interlocked.Increment(ref s_last)}";
        await one.ConfigureAsync("link", "add", device, "type", "veth", "peer", "name", device, "netns", other.Name);
        await BringUpAsync(one, device, address);
        await BringUpAsync(other, device, otherAddress);
    }

    private static async Task BringUpAsync(NetworkNamespace end, string device, string address)
    {
        await end.ConfigureAsync("addr", "add", address, "dev", device);
        await end.ConfigureAsync("link", "set", device, "up");
    }
}
