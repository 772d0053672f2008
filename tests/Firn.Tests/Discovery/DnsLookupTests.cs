using System.Net;
using System.Net.Sockets;
using DnsClient;
using Firn.Discovery;

namespace Firn.Tests.Discovery;

/// <summary>What a name server says, and what is asked of the system when it knows nothing.</summary>
public sealed class DnsLookupTests : IAsyncLifetime
{
    private SmallDnsServer Server { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Server.DisposeAsync();

    [Fact]
    public async Task A_headless_service_leads_to_all_of_its_addresses()
    {
        Server.Address("firn.test", "10.0.0.1", 30).Address("firn.test", "10.0.0.2", 20).Address("firn.test", "fd00::1");
        var answer = (await FindAsync("firn.test"))!;
        Texts(answer).ShouldBe(["tcp://[fd00::1]:3476", "tcp://10.0.0.1:3476", "tcp://10.0.0.2:3476"], ignoreOrder: true);
        answer.TimeToLive.ShouldBe(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Services_come_before_addresses_each_on_its_port_and_the_most_important_first()
    {
        Server.Address("firn.test", "10.9.9.9")
            .Service("_firn._tcp.firn.test", "three.test", 4003, priority: 2, time: 15)
            .Service("_firn._tcp.firn.test", "two.test", 4002, priority: 1)
            .Service("_firn._tcp.firn.test", "one.test", 4001, priority: 1, weight: 10)
            .Service("_firn._tcp.firn.test", "one.test", 0)
            .Address("one.test", "10.0.0.1").Address("two.test", "10.0.0.2").Address("three.test", "10.0.0.3");
        var answer = (await FindAsync("firn.test"))!;
        Texts(answer).ShouldBe(["tcp://10.0.0.1:4001", "tcp://10.0.0.2:4002", "tcp://10.0.0.3:4003"]);
        answer.TimeToLive.ShouldBe(TimeSpan.FromSeconds(15));
        (await FindAsync("_firn._tcp.firn.test"))!.Addresses.Count.ShouldBe(3);
        Texts((await FindAsync("firn.test:5000"))!).ShouldBe(["tcp://10.9.9.9:5000"]);
    }

    [Fact]
    public async Task Services_of_QUIC_are_found_beside_those_of_TCP_where_it_can_be_dialled()
    {
        Server.Service("_firn._tcp.firn.test", "one.test", 4001).Service("_firn._udp.firn.test", "one.test", 4002, time: 10)
            .Address("one.test", "10.0.0.1");
        var answer = (await FindAsync("firn.test"))!;
        Texts(answer).ShouldBe(["tcp://10.0.0.1:4001", "quic://10.0.0.1:4002"]);
        answer.TimeToLive.ShouldBe(TimeSpan.FromSeconds(10));
        Texts((await FindAsync("_firn._udp.firn.test"))!).ShouldBe(["quic://10.0.0.1:4002"]);

        Server.Asked.Clear();
        Texts((await FindAsync("firn.test", hasQuic: false))!).ShouldBe(["tcp://10.0.0.1:4001"]);
        Server.Asked.ShouldNotContain(question => question.Contains("_udp"));
    }

    [Fact]
    public async Task Services_of_QUIC_alone_are_enough()
    {
        Server.Service("_firn._udp.firn.test", "one.test", 4002).Address("one.test", "10.0.0.1").Address("firn.test", "10.9.9.9");
        Texts((await FindAsync("firn.test"))!).ShouldBe(["quic://10.0.0.1:4002"]);
    }

    [Fact]
    public async Task Addresses_that_are_told_along_with_a_service_count_for_its_host_alone_and_are_not_asked_for()
    {
        Server.TellsAlong = true;
        Server.Service("_firn._tcp.firn.test", "one.test", 4001).Address("one.test", "10.0.0.1", 20).Address("two.test", "10.0.0.2");
        var answer = (await FindAsync("firn.test", hasQuic: false))!;
        Texts(answer).ShouldBe(["tcp://10.0.0.1:4001"]);
        answer.TimeToLive.ShouldBe(TimeSpan.FromSeconds(20));
        Server.Asked.ShouldBe(["_firn._tcp.firn.test 33"]);
    }

    [Fact]
    public async Task Of_services_and_addresses_only_so_many_count()
    {
        for (ushort i = 1; i <= 4; i++)
            Server.Service("_firn._tcp.firn.test", $"h{i}.test", i, priority: i).Address($"h{i}.test", $"10.0.{i}.1").Address($"h{i}.test", $"10.0.{i}.2");
        Texts((await Lookup(maxTargets: 1).FindAsync(DnsPlace.Parse("firn.test"), default))!).ShouldAllBe(text => text.EndsWith(":1"));
        (await Lookup(maxAddresses: 3).FindAsync(DnsPlace.Parse("firn.test"), default))!.Addresses.Count.ShouldBe(3);
        Server.Address("many.test", "10.1.0.1").Address("many.test", "10.1.0.2");
        (await Lookup(maxAddresses: 1).FindAsync(DnsPlace.Parse("many.test"), default))!.Addresses.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_name_that_theServer_does_not_know_is_asked_of_the_system()
    {
        Texts((await FindAsync("hosts.test"))!).ShouldBe(["tcp://10.7.7.7:3476"]);
        (await FindAsync("nowhere.test"))!.Addresses.ShouldBeEmpty();
        (await FindAsync("_no._tcp.nowhere.test"))!.Addresses.ShouldBeEmpty();
    }

    [Fact]
    public async Task AServer_in_trouble_is_no_answer_unless_the_system_has_one()
    {
        Server.IsBroken = true;
        (await FindAsync("firn.test")).ShouldBeNull();
        (await FindAsync("_firn._tcp.firn.test")).ShouldBeNull();
        (await FindAsync("hosts.test"))!.Addresses.ShouldHaveSingleItem();
    }

    private static string[] Texts(DnsAnswer answer) => [.. answer.Addresses.Select(static address => address.ToString())];

    private Task<DnsAnswer?> FindAsync(string place, bool hasQuic = true) =>
        Lookup(hasQuic).FindAsync(DnsPlace.Parse(place), CancellationToken.None);

    private DnsLookup Lookup(bool hasQuic = true, int maxTargets = 256, int maxAddresses = 4096) => new(
        () => new LookupClient(new LookupClientOptions(Server.EndPoint) { UseCache = false, Retries = 0, UseTcpFallback = false }),
        static (host, family, _) => Task.FromResult<IReadOnlyList<IPAddress>>(
            host == "hosts.test" && family == AddressFamily.InterNetwork ? [IPAddress.Parse("10.7.7.7")] : []),
        hasQuic)
    {
        MaxTargets = maxTargets,
        MaxAddresses = maxAddresses,
    };
}
