using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

using Firn.Protocol;
using Firn.Testing;

using Xunit.Abstractions;

namespace Firn.Interop.Tests;

/// <summary>Nodes that are told no address, on machines that share a switch and nothing else.</summary>
public sealed class DiscoveryTests(ITestOutputHelper report) : IAsyncLifetime
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("FIRN_TEST_LONG") == "1";

    private readonly string _cookie = Firn.Protocol.Cookie.Generate(RandomNumberGenerator.GetBytes(CookieKey.Length));
    private readonly List<Machine> _machines = [];
    private LanSwitch? _switch;

    public async Task InitializeAsync()
    {
        if (NetworkNamespace.IsAvailable(out _))
        {
            _switch = await LanSwitch.CreateAsync();
        }
    }

    public async Task DisposeAsync()
    {
        foreach (Machine machine in _machines)
        {
            await machine.DisposeAsync();
        }

        if (_switch is not null)
        {
            await _switch.DisposeAsync();
        }
    }

    [NamespaceFact]
    public async Task Two_machines_with_one_cookie_become_peers_and_a_stranger_is_left_alone()
    {
        (Machine a, Machine b, Machine stranger) = (await PlugAsync(), await PlugAsync(), await PlugAsync(hasCookie: false));
        FirnNode s = await stranger.Home.UpAsync("--name", "s");
        FirnNode nodeA = await a.Home.UpAsync("--name", "a");
        long begun = Stopwatch.GetTimestamp();
        FirnNode nodeB = await b.Home.UpAsync("--name", "b");
        await FirnNode.MeetAsync(nodeA, nodeB);
        report.WriteLine($"peers {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.00} s after `firn up`");

        // The two dial each other at once, and by several ways: that a connection less is taken up is no matter. Nobody dials the stranger, nor it them.
        (s.Count("dialFailed"), s.Count("refused")).ShouldBe((0, 0), s.Process.Output.ToString());
        string[] events = [.. nodeA.Events.Concat(nodeB.Events).Select(e => e.ToString())];
        events.ShouldNotContain(e => e.Contains("10.34.80.3") || e.Contains("dialFailed"));
        foreach (string refused in events.Where(e => e.Contains("\"refused\"")))
        {
            report.WriteLine(refused);
        }
    }

    [NamespaceFact]
    public async Task IPv6_alone_is_enough_even_of_the_link_itself()
    {
        (Machine a, Machine b) = (await PlugAsync(isUp: false), await PlugAsync(isUp: false));
        await LanSwitch.BringUpAsync(a.Network);
        await LanSwitch.BringUpAsync(b.Network);
        FirnNode nodeA = await a.Home.UpAsync("--name", "a");
        FirnNode nodeB = await b.Home.UpAsync("--name", "b");
        await FirnNode.MeetAsync(nodeA, nodeB);
        (await nodeA.RunAsync("ping", nodeB.Name, "-c", "1", "--json")).ExitCode.ShouldBe(0);
    }

    [NamespaceFact]
    public async Task An_interface_that_comes_up_later_is_used()
    {
        (Machine a, Machine b) = (await PlugAsync(), await PlugAsync(isUp: false));
        FirnNode nodeA = await a.Home.UpAsync("--name", "a");
        FirnNode nodeB = await b.Home.UpAsync("--name", "b");
        nodeB.Count("peerUp").ShouldBe(0);

        await LanSwitch.BringUpAsync(b.Network, "10.34.80.200/24");

        await FirnNode.MeetAsync(nodeA, nodeB);
    }

    [NamespaceFact]
    public async Task All_hosts_of_a_switch_mesh_fully()
    {
        // Each process costs a second; with 20 of them that is for the long suite.
        Machine[] machines = new Machine[Long ? 20 : 4];
        for (int i = 0; i < machines.Length; i++)
        {
            machines[i] = await PlugAsync();
        }

        FirnNode[] nodes = await Task.WhenAll(machines.Select((m, i) => m.Home.UpAsync("--name", $"n{i}", "--mesh", "none")));

        await Task.WhenAll(from one in nodes from other in nodes where one != other select one.SeesAsync("peerUp", other, ceiling: TimeSpan.FromSeconds(90)));
        foreach (FirnNode node in nodes)
        {
            node.Count("peerDown").ShouldBe(0);
        }
    }

    [NamespaceFact("avahi-daemon", "avahi-browse", "dbus-daemon", "mount")]
    public async Task Avahi_lists_a_node_whose_goodbye_removes_it_and_what_avahi_announces_is_refused_by_its_key()
    {
        (Machine a, Machine b) = (await PlugAsync(), await PlugAsync());
        FirnNode node = await a.Home.UpAsync("--name", "a");
        await using Avahi avahi = await Avahi.StartAsync(b.Network);
        ChildProcess watch = avahi.Watch();

        string[] line = (await watch.WaitForLineAsync(l => l.StartsWith('=') && l.Contains(";IPv4;"))).Text.Split(';');
        (line[3], line[4], line[5]).ShouldBe((node.Name.Replace("@", "\\064"), "_firn._tcp", "local"));
        line[6].ShouldStartWith("firn-");
        (await avahi.ResolveAsync(line[6])).ShouldBe("10.34.80.1");
        line[8].ShouldBe($"{node.Port}");
        string did = node.Started.GetProperty("did").GetString()!;
        string tag = TagOf(Did.Parse(did));
        line[9].Split(' ').ShouldBe([$"\"v=1\"", $"\"did={did}\"", $"\"tag={tag}\""], ignoreOrder: true);

        // Somebody has a tag of the cluster for a key that does not live where he says.
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Did claimed = LeafProfile.DidOf(other);
        FirnNode there = await b.Home.UpAsync("--name", "b", "--no-discovery");
        avahi.Publish("fake", there.Port, "v=1", $"did={claimed}", $"tag={TagOf(claimed)}");
        JsonElement failed = (await node.SeesAsync("dialFailed")).Json();
        report.WriteLine(failed.ToString());
        failed.GetProperty("message").GetString()!.ShouldContain(claimed.ToString());
        (node.Count("peerUp"), there.Count("peerUp")).ShouldBe((0, 0));

        node.Process.Send(Signal.Interrupt);
        await watch.WaitForLineAsync(l => l.StartsWith('-') && l.Contains(line[3]));
        using var ceiling = new CancellationTokenSource(ChildProcess.Ceiling);   // far below the time to live
        while ((await avahi.BrowseAsync()).Contains(line[3], StringComparison.Ordinal))
        {
            ceiling.Token.ThrowIfCancellationRequested();   // what was said over the other family goes a moment later
        }
    }

    [NamespaceFact("avahi-daemon", "avahi-browse", "dbus-daemon", "mount")]
    public async Task Two_nodes_of_one_name_number_themselves_and_one_that_is_told_to_stays_unseen()
    {
        (Machine a, Machine b, Machine c) = (await PlugAsync(), await PlugAsync(), await PlugAsync(hasCookie: false));
        FirnNode unseen = await c.Home.UpAsync("--name", "unseen", "--no-discovery");
        await using Avahi avahi = await Avahi.StartAsync(c.Network);   // the node beside it shares the port with it
        ChildProcess watch = avahi.Watch();

        await Task.WhenAll(a.Home.UpAsync("--name", "same@here"), b.Home.UpAsync("--name", "same@here"));

        string first = @"same\064here", second = @"same\064here\032\0402\041";
        OutputLine[] lines = await Task.WhenAll(Resolved(first), Resolved(second));
        string[] addresses = await Task.WhenAll(lines.Select(l => avahi.ResolveAsync(l.Text.Split(';')[6])));
        addresses.ShouldBe(["10.34.80.1", "10.34.80.2"], ignoreOrder: true);
        (await avahi.BrowseAsync()).ShouldNotContain(unseen.Name.Split('@')[0]);

        Task<OutputLine> Resolved(string name) => watch.WaitForLineAsync(l => l.StartsWith($"=;{LanSwitch.Device};IPv4;{name};", StringComparison.Ordinal));
    }

    [NamespaceFact]
    public async Task A_flood_of_forged_records_takes_no_memory_and_newcomers_are_still_found()
    {
        (Machine a, Machine b, Machine forger) = (await PlugAsync(), await PlugAsync(), await PlugAsync());
        FirnNode nodeA = await a.Home.UpAsync("--name", "a");
        long before = Resident(nodeA);
        using var stop = new CancellationTokenSource();
        Task<int> flood = Task.Run(() => Flood(forger.Network, stop.Token));

        FirnNode nodeB = await b.Home.UpAsync("--name", "b");
        await FirnNode.MeetAsync(nodeA, nodeB);

        await stop.CancelAsync();
        int sent = await flood;
        report.WriteLine($"{sent} forged packets of 20 nodes each; resident memory went from {before >> 20} to {Resident(nodeA) >> 20} MiB");
        (Resident(nodeA) - before).ShouldBeLessThan(100 << 20);
        (nodeA.Count("dialFailed"), nodeA.Count("peerDown")).ShouldBe((0, 0));
    }

    private static int Flood(NetworkNamespace from, CancellationToken stop)
    {
        using Socket socket = from.Open(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Parse("10.34.80.3"), MdnsNames.Port));
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Parse("10.34.80.3").GetAddressBytes());
        int sent = 0;
        for (; !stop.IsCancellationRequested; sent++)
        {
            socket.SendTo(Forged(sent), new IPEndPoint(MdnsNames.GroupV4, MdnsNames.Port));
            if (sent % 100 == 99)
            {
                Thread.Sleep(1);   // or it would take a core from those that it floods
            }
        }

        return sent;
    }

    private static byte[] Forged(int number)
    {
        var writer = new DnsWriter();
        for (int i = 0; i < 20; i++)
        {
            DnsName name = MdnsNames.Tcp.Below($"forged {number} {i}");
            writer.TryAdd(DnsSection.Answer, DnsRecord.Ptr(MdnsNames.Tcp, name, 4500));
            writer.TryAdd(DnsSection.Answer, DnsRecord.Srv(name, 1, DnsName.Of("forged", "local"), 4500));
        }

        return writer.ToMessage(isResponse: true);
    }

    private static long Resident(FirnNode node)
    {
        using var process = Process.GetProcessById(node.Process.Id);
        return process.WorkingSet64;
    }

    /// <summary>The tag of a key in the cluster of these machines, as docs/protocol.md has it.</summary>
    private string TagOf(Did did)
    {
        using Firn.Protocol.Cookie cookie = Firn.Protocol.Cookie.Parse(_cookie);
        using CookieKey secret = cookie.ToKey("default");
        byte[] key = new byte[ClusterTag.KeyLength], tag = new byte[ClusterTag.Length];
        ClusterTag.DeriveKey(secret, key);
        ClusterTag.Make(key, did, ClusterTag.DayOf(DateTimeOffset.UtcNow), "default", tag);
        return System.Buffers.Text.Base64Url.EncodeToString(tag);
    }

    private async Task<Machine> PlugAsync(bool isUp = true, bool hasCookie = true)
    {
        Machine machine = await Machine.CreateAsync();
        _machines.Add(machine);
        if (hasCookie)
        {
            machine.Take(_cookie);
        }

        await _switch!.PlugAsync(machine.Network, isUp ? $"10.34.80.{_machines.Count}/24" : null);
        return machine;
    }
}
