using System.Collections.Concurrent;
using Firn.Cli;
using Firn.Discovery;
using Firn.Testing;
using Firn.Tests.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Firn.Tests.Discovery;

/// <summary>The addresses of a DNS name as peers, on virtual time.</summary>
public sealed class DnsPeersTests : VirtualNodeFixture
{
    [Fact]
    public async Task Every_address_of_a_name_becomes_a_peer_and_this_node_does_not_dial_itself()
    {
        var (b, c) = (await StartAsync("b"), await StartAsync("c"));
        var dns = new ScriptedDns();
        var a = await StartAsync("a", o => Use(o, dns));
        dns.Leads(TimeSpan.FromSeconds(30), a, b, c);
        await DriveAsync(a.WaitUntilPeersAsync(b, c));
        a.Events.Of<DialFailedEvent>().ShouldBeEmpty();
        dns.Asked.ShouldBe(new DnsPlace("firn.test", null));
    }

    [Fact]
    public async Task It_is_looked_up_again_when_its_time_is_over_but_not_more_often_than_every_five_seconds()
    {
        var (b, c) = (await StartAsync("b"), await StartAsync("c"));
        var dns = new ScriptedDns();
        var a = await StartAsync("a", o => Use(o, dns));
        dns.Leads(TimeSpan.FromSeconds(12), b);
        await DriveAsync(a.PeerAsync("b"));
        long asked = dns.Questions;
        dns.Leads(TimeSpan.Zero, b, c);
        await DriveAsync(7);
        dns.Questions.ShouldBe(asked);
        await DriveAsync(a.PeerAsync("c"));
        asked = dns.Questions;
        await DriveAsync(11);
        (dns.Questions - asked).ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task However_long_its_time_it_is_looked_up_again_after_five_minutes()
    {
        var dns = new ScriptedDns();
        dns.LeadsNowhere(TimeSpan.FromDays(1));
        var self = (await StartAsync("a")).Node.Self;
        using var cancel = new CancellationTokenSource();
        var peers = new DnsPeers(DnsPlace.Parse("firn.test"), dns, Time, NullLogger.Instance);
        await using var watching = peers.WatchAsync(self, cancel.Token).GetAsyncEnumerator();
        var next = watching.MoveNextAsync().AsTask();
        dns.Questions.ShouldBe(1);

        Time.Advance(TimeSpan.FromSeconds(299));
        dns.Questions.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(1));
        await NodeGroup.UntilAsync(() => dns.Questions == 2, "another look-up");

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(next);
    }

    [Fact]
    public async Task Where_TCP_and_QUIC_are_spoken_is_one_node()
    {
        var dns = new ScriptedDns();
        dns.Leads(TimeSpan.FromMinutes(1), "tcp://10.0.0.1:4001", "quic://10.0.0.1:4001", "quic://10.0.0.1:4002");
        var peers = new DnsPeers(DnsPlace.Parse("firn.test"), dns, Time, NullLogger.Instance);
        var self = (await StartAsync("a")).Node.Self;

        var said = await peers.WatchAsync(self, default).Take(2).ToListAsync();

        said.Cast<PeerFound>().Select(found => (found.Key, string.Join(' ', found.Addresses))).ShouldBe(
        [
            ("10.0.0.1:4001", "tcp://10.0.0.1:4001 quic://10.0.0.1:4001"), ("10.0.0.1:4002", "quic://10.0.0.1:4002"),
        ]);
    }

    [Fact]
    public async Task An_address_that_is_gone_keeps_its_session_and_is_not_dialled_again()
    {
        var b = await StartAsync("b", static o => o.Mesh = MeshMode.None);
        var dns = new ScriptedDns();
        var a = await StartAsync("a", o => (o.Mesh, _) = (MeshMode.None, Use(o, dns)));
        dns.Leads(TimeSpan.Zero, b);
        await DriveAsync(a.PeerAsync("b"));
        dns.LeadsNowhere();
        long asked = dns.Questions;
        await DriveAsync(NodeGroup.UntilAsync(() => dns.Questions > asked + 1, "two more look-ups"));
        a.Node.Peers.ShouldHaveSingleItem();
        Network.Cut("a", "b");
        await DriveAsync(a.Events.FirstAsync<PeerDownEvent>());
        long dials = Network.Dials;
        await DriveAsync(10);
        Network.Dials.ShouldBe(dials);
    }

    [Fact]
    public async Task While_no_name_server_answers_what_was_there_still_counts()
    {
        var b = await StartAsync("b", static o => o.Mesh = MeshMode.None);
        var dns = new ScriptedDns();
        var a = await StartAsync("a", o => (o.Mesh, _) = (MeshMode.None, Use(o, dns)));
        dns.Leads(TimeSpan.Zero, b);
        await DriveAsync(a.PeerAsync("b"));
        dns.Fails();
        long asked = dns.Questions;
        await DriveAsync(NodeGroup.UntilAsync(() => dns.Questions > asked + 1, "two more look-ups"));
        Network.Cut("a", "b");
        await DriveAsync(a.Events.FirstAsync<PeerUpEvent>(skip: 1));
    }

    [Fact]
    public async Task That_no_name_server_answers_is_said_once_until_one_has_answered()
    {
        var lines = new ConcurrentQueue<string>();
        using var loggers = new LineLoggerFactory(LogLevel.Warning, lines.Enqueue);
        var dns = new ScriptedDns();
        dns.Fails();
        await StartAsync("a", o => (o.LoggerFactory, _) = (loggers, Use(o, dns)));
        await DriveAsync(NodeGroup.UntilAsync(() => dns.Questions > 2, "three look-ups"));
        lines.ShouldHaveSingleItem().ShouldContain("No name server answers for firn.test");

        dns.LeadsNowhere();
        long asked = dns.Questions;
        await DriveAsync(NodeGroup.UntilAsync(() => dns.Questions > asked + 1, "two more"));
        dns.Fails();
        await DriveAsync(NodeGroup.UntilAsync(() => lines.Count == 2, "another word"));
    }

    [Theory]
    [InlineData("firn.test", "firn.test", null, "tcp _firn._tcp.firn.test", "_firn._udp.firn.test")]
    [InlineData("Firn.Test:4000", "firn.test", 4000, "tcp _firn._tcp.firn.test", "_firn._udp.firn.test")]
    [InlineData("_mesh._tcp.firn.test", "_mesh._tcp.firn.test", null, "tcp _mesh._tcp.firn.test", null)]
    [InlineData("_mesh._udp.firn.test", "_mesh._udp.firn.test", null, "quic _mesh._udp.firn.test", null)]
    public void A_name_with_or_without_a_port_is_read(string text, string name, int? port, string service, string? ofQuic)
    {
        var place = DnsPlace.Parse(text);
        (place, $"{place.Scheme} {place.Service}", place.QuicService).ShouldBe((new DnsPlace(name, port), service, ofQuic));
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("[::1]:1")]
    [InlineData("tcp://firn.test")]
    [InlineData("db@firn.test")]
    [InlineData("firn.test:0")]
    [InlineData("two words")]
    [InlineData("")]
    public async Task What_is_no_name_is_refused_before_the_node_starts(string text)
    {
        var error = await Should.ThrowAsync<FirnException>(() => StartAsync("a", o => o.DnsPeers.Add(text)));
        error.Reason.ShouldBe(FailureReason.InvalidInput);
    }

    private static bool Use(NodeOptions options, ScriptedDns dns)
    {
        options.DnsPeers.Add("firn.test");
        options.Dns = dns;
        return true;
    }

    /// <summary>Leads where a test says.</summary>
    private sealed class ScriptedDns : IDnsLookup
    {
        private volatile DnsAnswer? _answer = new([], TimeSpan.Zero);
        private long _questions;

        public long Questions => Interlocked.Read(ref _questions);

        public DnsPlace? Asked { get; private set; }

        public void Leads(TimeSpan time, params LiveNode[] nodes) => _answer = new([.. nodes.Select(n => n.Address)], time);

        public void Leads(TimeSpan time, params string[] addresses) => _answer = new([.. addresses.Select(NodeAddress.Parse)], time);

        public void LeadsNowhere(TimeSpan time = default) => _answer = new([], time);

        public void Fails() => _answer = null;

        public Task<DnsAnswer?> FindAsync(DnsPlace place, CancellationToken cancellationToken)
        {
            Asked = place;
            Interlocked.Increment(ref _questions);
            return Task.FromResult(_answer);
        }
    }
}
