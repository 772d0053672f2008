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
        answer.EndPoints.ShouldBe([At("fd00::1", 3476), At("10.0.0.1", 3476), At("10.0.0.2", 3476)], ignoreOrder: true);
        answer.TimeToLive.ShouldBe(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Services_come_before_addresses_each_on_its_port_and_the_most_important_first()
    {
        Server.Address("firn.test", "10.9.9.9")
            .Service("_firn._tcp.firn.test", "two.test", 4002, priority: 2, time: 15)
            .Service("_firn._tcp.firn.test", "one.test", 4001, priority: 1)
            .Address("one.test", "10.0.0.1").Address("two.test", "10.0.0.2");
        var answer = (await FindAsync("firn.test"))!;
        answer.EndPoints.ShouldBe([At("10.0.0.1", 4001), At("10.0.0.2", 4002)]);
        answer.TimeToLive.ShouldBe(TimeSpan.FromSeconds(15));
        (await FindAsync("_firn._tcp.firn.test"))!.EndPoints.Count.ShouldBe(2);
        (await FindAsync("firn.test:5000"))!.EndPoints.ShouldBe([At("10.9.9.9", 5000)]);
    }

    [Fact]
    public async Task A_name_that_theServer_does_not_know_is_asked_of_the_system()
    {
        (await FindAsync("hosts.test"))!.EndPoints.ShouldBe([At("10.7.7.7", 3476)]);
        (await FindAsync("nowhere.test"))!.EndPoints.ShouldBeEmpty();
        (await FindAsync("_no._tcp.nowhere.test"))!.EndPoints.ShouldBeEmpty();
    }

    [Fact]
    public async Task AServer_in_trouble_is_no_answer_unless_the_system_has_one()
    {
        Server.IsBroken = true;
        (await FindAsync("firn.test")).ShouldBeNull();
        (await FindAsync("_firn._tcp.firn.test")).ShouldBeNull();
        (await FindAsync("hosts.test"))!.EndPoints.ShouldHaveSingleItem();
    }

    private static IPEndPoint At(string address, int port) => new(IPAddress.Parse(address), port);

    private Task<DnsAnswer?> FindAsync(string place)
    {
        var lookup = new DnsLookup(
            () => new LookupClient(new LookupClientOptions(Server.EndPoint) { UseCache = false, Retries = 0, UseTcpFallback = false }),
            static (host, family, _) => Task.FromResult<IReadOnlyList<IPAddress>>(
                host == "hosts.test" && family == AddressFamily.InterNetwork ? [IPAddress.Parse("10.7.7.7")] : []));
        return lookup.FindAsync(DnsPlace.Parse(place), CancellationToken.None);
    }
}
