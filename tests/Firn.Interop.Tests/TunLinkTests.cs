using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

using Firn.Testing;

namespace Firn.Interop.Tests;

/// <summary>The harness itself, against the kernel's own ping and sockets.</summary>
public sealed partial class TunLinkTests : IAsyncLifetime
{
    private NetworkNamespace _a = null!;
    private NetworkNamespace _b = null!;

    public async Task InitializeAsync()
    {
        if (NetworkNamespace.IsAvailable(out _))
        {
            _a = await NetworkNamespace.CreateAsync();
            _b = await NetworkNamespace.CreateAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (NetworkNamespace.IsAvailable(out _))
        {
            await _a.DisposeAsync();
            await _b.DisposeAsync();
        }
    }

    [NamespaceFact("ping")]
    public async Task A_hundred_milliseconds_each_way_are_two_hundred_there_and_back()
    {
        await using TunLink link = await TunLink.CreateAsync(_a, _b, seed: 1, new LinkConditions(TimeSpan.FromMilliseconds(100)));

        CommandResult ping = await PingAsync(_a, link.B.Address, count: 10);

        ping.Output.ShouldContain("10 received");
        double fastest = double.Parse(FastestRoundTrip().Match(ping.Output).Groups[1].Value, CultureInfo.InvariantCulture);
        fastest.ShouldBeInRange(200, 210);
    }

    [NamespaceFact("ping")]
    public async Task Nothing_passes_a_cut_link_and_all_passes_when_it_is_restored()
    {
        await using TunLink link = await TunLink.CreateAsync(_a, _b, seed: 1);
        (await PingAsync(_a, link.B.Address)).ExitCode.ShouldBe(0);

        link.Cut();
        (await PingAsync(_a, link.B.Address)).Output.ShouldContain(" 0 received");
        link.Restore();

        (await PingAsync(_a, link.B.Address)).Output.ShouldContain(" 3 received");
        (await PingAsync(_b, link.A.Address)).Output.ShouldContain(" 3 received");
    }

    [NamespaceFact("ping")]
    public async Task An_end_that_changes_its_address_answers_at_the_new_one_only()
    {
        await using TunLink link = await TunLink.CreateAsync(_a, _b, seed: 1);
        IPAddress old = link.B.Address;

        await link.B.ChangeAddressAsync("10.34.76.9/24");

        (await PingAsync(_a, old)).Output.ShouldContain(" 0 received");
        (await PingAsync(_a, IPAddress.Parse("10.34.76.9"))).Output.ShouldContain(" 3 received");
    }

    [NamespaceFact("ping")]
    public async Task IPv6_passes_too()
    {
        await using TunLink link = await TunLink.CreateAsync(_a, _b, seed: 1, addressA: "fd34:76::1/64", addressB: "fd34:76::2/64");

        (await PingAsync(_a, link.B.Address)).Output.ShouldContain(" 3 received");
    }

    [NamespaceFact("ping")]
    public async Task A_device_that_goes_down_loses_packets_and_nothing_else()
    {
        await using TunLink link = await TunLink.CreateAsync(_a, _b, seed: 1);

        await _b.ConfigureAsync("link", "set", link.B.Device, "down");
        (await PingAsync(_a, link.B.Address)).Output.ShouldContain(" 0 received");
        await _b.ConfigureAsync("link", "set", link.B.Device, "up");

        (await PingAsync(_a, link.B.Address)).Output.ShouldContain(" 3 received");
    }

    [NamespaceFact]
    public async Task The_seed_alone_decides_which_packets_are_lost()
    {
        var conditions = new LinkConditions(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(5), Loss: 0.1);
        const int Count = 1000;

        int[] first = await ArrivalsAsync(seed: 3, conditions, Count);
        int[] again = await ArrivalsAsync(seed: 3, conditions, Count);
        int[] other = await ArrivalsAsync(seed: 4, conditions, Count);

        first.Length.ShouldBeInRange((int)(0.87 * Count), (int)(0.93 * Count));
        first.ShouldBeInOrder();
        again.ShouldBe(first);
        other.ShouldNotBe(first);
    }

    [NamespaceFact]
    public async Task Namespaces_of_one_host_are_apart_and_opened_sockets_stay_inside()
    {
        await using TunLink link = await TunLink.CreateAsync(_a, _b, seed: 1);

        using Socket inside = _b.Open(() => Bind(link.B.Address));
        SocketException error = Should.Throw<SocketException>(() => Bind(link.B.Address));

        error.SocketErrorCode.ShouldBe(SocketError.AddressNotAvailable);
    }

    /// <summary>The numbers of those of <paramref name="count"/> datagrams that came through, in the order they did.</summary>
    private async Task<int[]> ArrivalsAsync(int seed, LinkConditions conditions, int count)
    {
        await using TunLink link = await TunLink.CreateAsync(_a, _b, seed, conditions);
        using Socket sender = _a.Open(() => Bind(link.A.Address));
        using Socket receiver = _b.Open(() => Bind(link.B.Address));
        receiver.ReceiveBufferSize = 1 << 20;
        for (int i = 0; i < count; i++)
        {
            await sender.SendToAsync(BitConverter.GetBytes(i), receiver.LocalEndPoint!);
        }

        // Nothing overtakes: when one of these is here, so is all that will ever come.
        for (int i = 0; i < 20; i++)
        {
            await sender.SendToAsync(BitConverter.GetBytes(-1), receiver.LocalEndPoint!);
        }

        var arrived = new List<int>();
        var buffer = new byte[4];
        using var ceiling = new CancellationTokenSource(ChildProcess.Ceiling);
        while (true)
        {
            await receiver.ReceiveAsync(buffer, ceiling.Token);
            if (BitConverter.ToInt32(buffer) < 0)
            {
                return [.. arrived];
            }

            arrived.Add(BitConverter.ToInt32(buffer));
        }
    }

    private static Socket Bind(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static Task<CommandResult> PingAsync(NetworkNamespace from, IPAddress to, int count = 3) =>
        from.RunAsync("ping", "-n", "-c", $"{count}", "-i", "0.05", "-W", "1", $"{to}");

    [GeneratedRegex(@"min/avg/max/mdev = ([\d.]+)/")]
    private static partial Regex FastestRoundTrip();
}
