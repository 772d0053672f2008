namespace Firn.Testing;

/// <summary>A machine on a <see cref="LanSwitch"/>: a network of its own, and a user with a home.</summary>
internal sealed class Machine : IAsyncDisposable
{
    private Machine(NetworkNamespace network) => (Network, Home) = (network, new NodeHome { Network = network.Name });

    public NetworkNamespace Network { get; }

    public NodeHome Home { get; }

    public static async Task<Machine> CreateAsync() => new(await NetworkNamespace.CreateAsync());

    /// <summary>Gives it the cookie of another, and nothing else.</summary>
    public async Task TakeCookieAsync(Machine other)
    {
        CommandResult shown = await other.Home.RunAsync("cookie", "show");
        CommandResult imported = await Home.RunWithInputAsync(shown.Output, "cookie", "import");
        if (imported.ExitCode != 0)
        {
            throw new InvalidOperationException($"No cookie was taken: {imported}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Home.DisposeAsync();
        await Network.DisposeAsync();
    }
}
