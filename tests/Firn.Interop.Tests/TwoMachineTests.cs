using Firn.Testing;

namespace Firn.Interop.Tests;

/// <summary>
/// Two machines, each a network namespace with a home of its own and the same cookie, and a wire between them. Their nodes listen on
/// port 3476 of all interfaces, as they do by default.
/// </summary>
public abstract class TwoMachineTests : IAsyncLifetime
{
    private NetworkNamespace _a = null!;
    private NetworkNamespace _b = null!;

    internal NodeHome HomeA { get; private set; } = null!;

    internal NodeHome HomeB { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (!NetworkNamespace.IsAvailable(out _))
        {
            return;
        }

        _a = await NetworkNamespace.CreateAsync();
        _b = await NetworkNamespace.CreateAsync();
        HomeA = new NodeHome { Network = _a.Name };
        HomeB = new NodeHome { Network = _b.Name };
        CommandResult cookie = await HomeA.RunAsync("cookie", "show");
        (await HomeB.RunWithInputAsync(cookie.Output, "cookie", "import")).ExitCode.ShouldBe(0);
    }

    public async Task DisposeAsync()
    {
        if (NetworkNamespace.IsAvailable(out _))
        {
            await HomeA.DisposeAsync();
            await HomeB.DisposeAsync();
            await _a.DisposeAsync();
            await _b.DisposeAsync();
        }
    }

    internal Task<TunLink> LinkAsync(LinkConditions? conditions = null) => TunLink.CreateAsync(_a, _b, seed: 7, conditions);

    internal Task<TunLink> LinkAsync(string addressA, string addressB) =>
        TunLink.CreateAsync(_a, _b, seed: 7, addressA: addressA, addressB: addressB);

    /// <summary>A node called a, and one called b that is configured to dial it.</summary>
    internal async Task<(FirnNode A, FirnNode B)> ConnectAsync(TunLink link, params string[] options)
    {
        FirnNode a = await HomeA.UpAsync(["--name", "a", .. options]);
        FirnNode b = await HomeB.UpAsync(["--name", "b", "--peer", AddressOf(link.A), .. options]);
        await FirnNode.MeetAsync(a, b);
        return (a, b);
    }

    internal static string AddressOf(LinkEnd end) => end.Address.ToString() is var text && text.Contains(':') ? $"[{text}]" : text;

    internal static string Reason(OutputLine down) => down.Json().GetProperty("reason").GetString()!;

    /// <summary>Where the peer is, by an event about it.</summary>
    internal static string HostOf(OutputLine up) => new Uri(up.Json().GetProperty("peer").GetProperty("address").GetString()!).Host;
}
