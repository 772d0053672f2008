using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Firn.Discovery;
using Firn.Protocol;
using Firn.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Benchmarks;

/// <summary>
/// CPU time of discovery in a node that has nothing to do, in percent of one core: alone on its links, with 99 others that it has found,
/// and under a flood of forged packets. All share the links of this machine, so run it where there is nobody else to be disturbed.
/// </summary>
internal static class DiscoveryScenario
{
    private const int Others = 99;
    private const int ForgedPerSecond = 10_000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var window = TimeSpan.FromSeconds(options.Seconds ?? 30);
        var (crowded, flooded) = (new List<(double Raw, double Firn)>(), new List<(double Raw, double Firn)>());
        for (int i = 0; i < (options.Pairs ?? 1); i++)
        {
            await using var one = DiscoveryServer.Start(1);
            await Task.Delay(Settling);
            double alone = await PercentAsync(window);
            using (await ServerProcess.StartAsync("discovery", Others))
            {
                await one.FindAsync(Others);
                await Task.Delay(Settling);
                crowded.Add((alone, await PercentAsync(window)));
            }

            using var forger = await ServerProcess.StartAsync("discovery-flood", ForgedPerSecond);
            flooded.Add((alone, await PercentAsync(window)));
        }

        report.Add(Figure.Difference($"CPU of discovery at rest, alone (as raw) and with {Others} others found", "% of a core", "none", crowded));
        report.Add(Figure.Difference($"CPU of discovery alone (as raw) and under {ForgedPerSecond:N0} forged packets a second", "% of a core", "none", flooded));
    }

    private static Task<double> PercentAsync(TimeSpan window) =>
        IdleScenario.PercentAsync(static () => Task.FromResult(Usage.Measure(collect: false)), window);
}

/// <summary>Sends packets of 20 forged services each into every link.</summary>
internal sealed class DiscoveryFlood : IAsyncDisposable
{
    private const int Ticks = 100;

    private readonly PeriodicTimer _timer = new(TimeSpan.FromSeconds(1) / Ticks);
    private readonly Task _sending;

    private DiscoveryFlood(int perSecond) => _sending = SendAsync(perSecond / Ticks);

    public static DiscoveryFlood Start(int perSecond) => new(perSecond);

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _sending;
    }

    private async Task SendAsync(int perTick)
    {
        var sockets = new List<Socket>();
        var links = NetworkInterface.GetAllNetworkInterfaces().Where(n => n.SupportsMulticast && n.NetworkInterfaceType != NetworkInterfaceType.Loopback);
        foreach (var own in links.SelectMany(n => n.GetIPProperties().UnicastAddresses).Where(a => a.Address.AddressFamily == AddressFamily.InterNetwork))
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(own.Address, MdnsNames.Port));
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, own.Address.GetAddressBytes());
            sockets.Add(socket);
        }

        for (int sent = 0; await _timer.WaitForNextTickAsync();)
        {
            for (int end = sent + perTick; sent < end; sent++)
            {
                byte[] forged = Forged(sent);
                sockets.ForEach(s => s.SendTo(forged, new IPEndPoint(MdnsNames.GroupV4, MdnsNames.Port)));
            }
        }

        sockets.ForEach(static s => s.Dispose());
    }

    private static byte[] Forged(int number)
    {
        var writer = new DnsWriter();
        for (int i = 0; i < 20; i++)
        {
            var name = MdnsNames.Tcp.Below($"forged {number} {i}");
            writer.TryAdd(DnsSection.Answer, DnsRecord.Ptr(MdnsNames.Tcp, name, 4500));
            writer.TryAdd(DnsSection.Answer, DnsRecord.Srv(name, 1, DnsName.Of("forged", "local"), 4500));
        }

        return writer.ToMessage(isResponse: true);
    }
}

/// <summary>Nodes that do nothing but look for each other.</summary>
internal sealed class DiscoveryServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Keyring _keyring = new(new CookieKey(new byte[CookieKey.Length], isPassphrase: false));
    private readonly ConcurrentDictionary<string, bool> _found = [];
    private readonly Task _all;

    private DiscoveryServer(int count) => _all = Task.WhenAll(Enumerable.Range(0, count).Select(number => WatchAsync(number, port: 10_000 + count + number)));

    public static DiscoveryServer Start(int count) => new(count);

    /// <summary>Waits until the nodes have found so many others, all together.</summary>
    /// <exception cref="TimeoutException">They have not within a minute.</exception>
    public async Task FindAsync(int count)
    {
        for (long began = TimeProvider.System.GetTimestamp(); _found.Count < count; await Task.Delay(100))
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMinutes(1))
                throw new TimeoutException($"only {_found.Count} of {count} nodes were found within a minute");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _keyring.Dispose();
        _stop.Dispose();
    }

    private async Task WatchAsync(int number, int port)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var clock = new NodeClock(TimeProvider.System);
        var policy = AdmissionPolicy.ByCookie(_keyring);
        var self = new NodeSelf(
            NodeName.Parse($"n{number}-{Environment.ProcessId}@bench"), LeafProfile.DidOf(key), new Incarnation(1), "default",
            [NodeAddress.Parse($"tcp://0.0.0.0:{port}")], clock.Wall, "bench");
        var source = new MdnsSource(() => policy, static _ => false, clock, NullLogger.Instance);
        await foreach (var sighting in source.WatchAsync(self, _stop.Token))
        {
            if (sighting is PeerFound found)
                _found[found.Key] = true;
            else
                _found.TryRemove(sighting.Key, out bool _);
        }
    }
}
