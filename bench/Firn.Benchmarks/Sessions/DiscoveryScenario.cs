using System.Security.Cryptography;
using Firn.Discovery;
using Firn.Protocol;
using Firn.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Benchmarks;

/// <summary>
/// CPU time of discovery in a node that has nothing to do, in percent of one core: alone on its links, and with 99 others there. All share the
/// links of this machine, so run it where there is nobody else to be disturbed.
/// </summary>
internal static class DiscoveryScenario
{
    private const int Others = 99;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var window = TimeSpan.FromSeconds(options.Seconds ?? 30);
        var pairs = new List<(double Raw, double Firn)>();
        for (int i = 0; i < (options.Pairs ?? 1); i++)
        {
            using var one = await ServerProcess.StartAsync("discovery", 1);
            await Task.Delay(Settling);
            double alone = await IdleScenario.PercentAsync(one, window);
            using var others = await ServerProcess.StartAsync("discovery", Others);
            await Task.Delay(Settling);
            pairs.Add((alone, await IdleScenario.PercentAsync(one, window)));
        }

        report.Add(Figure.Difference($"CPU of discovery at rest, alone (as raw) and with {Others} others on the link", "% of a core", "none", pairs));
    }
}

/// <summary>Nodes that do nothing but look for each other.</summary>
internal sealed class DiscoveryServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Keyring _keyring = new(new CookieKey(new byte[CookieKey.Length], isPassphrase: false));
    private readonly Task _all;

    private DiscoveryServer(int count) => _all = Task.WhenAll(Enumerable.Range(0, count).Select(WatchAsync));

    public static DiscoveryServer Start(int count) => new(count);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _keyring.Dispose();
        _stop.Dispose();
    }

    private async Task WatchAsync(int number)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var clock = new NodeClock(TimeProvider.System);
        var policy = AdmissionPolicy.ByCookie(_keyring);
        var self = new NodeSelf(
            NodeName.Parse($"n{number}-{Environment.ProcessId}@bench"), LeafProfile.DidOf(key), new Incarnation(1), "default",
            [NodeAddress.Parse($"tcp://0.0.0.0:{10_000 + number}")], clock.Wall, "bench");
        var source = new MdnsSource(() => policy, static _ => false, clock, NullLogger.Instance);
        await foreach (var _ in source.WatchAsync(self, _stop.Token))
            continue;
    }
}
