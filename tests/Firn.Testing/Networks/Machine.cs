using Firn.Identity;

namespace Firn.Testing;

/// <summary>A machine on a <see cref="LanSwitch"/>: a network of its own, and a user with a home.</summary>
internal sealed class Machine : IAsyncDisposable
{
    private Machine(NetworkNamespace network) => (Network, Home) = (network, new NodeHome { Network = network.Name });

    public NetworkNamespace Network { get; }

    public NodeHome Home { get; }

    public static async Task<Machine> CreateAsync() => new(await NetworkNamespace.CreateAsync());

    /// <summary>Gives its home this cookie, as `firn cookie import` does.</summary>
    public void Take(string cookie) =>
        PrivateFiles.Replace(Path.Combine(Home.Directory, "cookie"), System.Text.Encoding.ASCII.GetBytes($"{cookie}\n"));

    public async ValueTask DisposeAsync()
    {
        await Home.DisposeAsync();
        await Network.DisposeAsync();
    }
}
