using System.Net;
using System.Security.Cryptography;

namespace Firn.Protocol.Tests.Mdns;

/// <summary>Strangers on the link who say whatever they like, as often as they can.</summary>
public sealed class ForgeryTests
{
    private readonly Cable _cable = new();
    private readonly Host _a;
    private readonly Host _b;

    public ForgeryTests()
    {
        (_a, _b) = (_cable.Add("a"), _cable.Add("b"));
        _cable.Run(() => _a.Sees(_b) && _b.Sees(_a));
        _cable.RunFor(10_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    public void A_flood_of_records_takes_bounded_room_makes_no_storm_and_keeps_the_real_ones(int sources)
    {
        long start = _cable.Now;
        int told = _a.Told.Count;
        for (int i = 0; i < 8_000; i++)
        {
            _cable.Forge(Node($"forged-{i}", AnyDid(i), i % 2 == 0 ? new byte[16] : null, $"10.0.2.{i % 250}"), from: $"10.0.{i % sources / 250}.{(i % sources % 250) + 1}");
            if (i % 4 == 3)
                _cable.RunFor(1);
        }

        _a.Zone.Browser.Count.ShouldBeLessThanOrEqualTo(MdnsBrowser.MaxInstances);
        _a.Zone.Browser.HostCount.ShouldBe(1);
        _a.Told.Count.ShouldBe(told);
        double seconds = (_cable.Now - start) / 1000.0;
        _cable.CountOf(_a, start).ShouldBeLessThan((int)(MdnsZone.SentAtOnce + (seconds * MdnsZone.SentPerSecond)));

        // And goes on for ten minutes, slowly enough to be read.
        for (int i = 0; i < 600; i++)
        {
            _cable.Forge(Node($"late-{i}", AnyDid(i), new byte[16], "10.0.2.1"));
            _cable.RunFor(1_000);
        }

        _a.Zone.Browser.Count.ShouldBeLessThanOrEqualTo(MdnsBrowser.MaxInstances);
        (_a.Sees(_b), _b.Sees(_a)).ShouldBe((true, true));
        _a.Told.Count.ShouldBe(told);
    }

    [Fact]
    public void During_a_flood_newcomers_are_found()
    {
        Host? late = null;
        for (int i = 0; i < 5_000 && (late is null || !_a.Sees(late)); i++)
        {
            _cable.Forge(Node($"forged-{i}", AnyDid(i), new byte[16], "10.0.2.1"));
            if (i == 1_000)
                late = _cable.Add("late");
            _cable.RunFor(1);
        }

        _a.Sees(late.ShouldNotBeNull()).ShouldBeTrue();
    }

    [Fact]
    public void A_source_is_read_within_its_limit_all_strangers_within_theirs_and_known_ones_besides()
    {
        var gate = new PacketGate();
        var one = IPAddress.Parse("10.0.0.1");
        Count(gate, _ => one, from: 0, seconds: 10).ShouldBeInRange(PacketGate.SourceAtOnce, PacketGate.SourceAtOnce + (10 * PacketGate.SourcePerSecond));

        Count(gate, Many, from: 20, seconds: 10).ShouldBeInRange(
            PacketGate.StrangersAtOnce, PacketGate.StrangersAtOnce + (10 * PacketGate.StrangersPerSecond));
        gate.SourceCount.ShouldBeLessThanOrEqualTo(PacketGate.MaxSources);

        var friend = IPAddress.Parse("10.9.9.9");
        gate = new PacketGate();
        gate.Vouch(friend, 0);
        int admitted = 0, calls = 0;
        Count(gate, i =>
        {
            if (i % 10_000 == 0 && gate.Admits(friend, i / 100))
                admitted++;
            calls += i % 10_000 == 0 ? 1 : 0;
            return Many(i);
        }, from: 0, seconds: 10);
        admitted.ShouldBe(calls, "one packet a tenth of a second, whatever strangers do");

        static IPAddress Many(int i) => new([10, 1, (byte)(i >> 8), (byte)i]);

        static int Count(PacketGate gate, Func<int, IPAddress> source, int from, int seconds)
        {
            int read = 0;
            for (int i = 0; i < seconds * 100_000; i++)
                read += gate.Admits(source(i), (from * 1000) + (i / 100)) ? 1 : 0;
            return read;
        }
    }

    [Theory]
    [InlineData("0.0.0.0", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("224.0.0.251", null)]
    [InlineData("255.255.255.255", null)]
    [InlineData("::", null)]
    [InlineData("::1", null)]
    [InlineData("ff02::1", null)]
    [InlineData("::ffff:127.0.0.1", null)]
    [InlineData("::ffff:0.0.0.0", null)]
    [InlineData("10.0.2.7", "tcp://10.0.2.7:1")]
    [InlineData("169.254.1.1", "tcp://169.254.1.1:1")]
    [InlineData("fe80::7", "tcp://[fe80::7%2]:1")]
    [InlineData("2001:db8::7", "tcp://[2001:db8::7]:1")]
    public void Only_an_address_that_leads_somewhere_is_told(string address, string? told)
    {
        var did = NewDid(1);
        _cable.Forge(Node("x", did, TagOf(did), address, port: 1));
        _cable.RunFor(15_000);

        var found = _a.Found.Values.Where(s => s.Did == did).SelectMany(s => s.Addresses!).Select(x => x.ToString());
        found.ShouldBe(told is null ? [] : [told]);
    }

    [Fact]
    public void Its_own_place_under_another_name_is_not_told_but_a_neighbour_on_the_same_machine_is()
    {
        var did = NewDid(1);
        _cable.Forge(Node("x", did, TagOf(did), _a.Address.ToString(), port: 3476));
        _cable.RunFor(5_000);
        _a.Found.Values.ShouldAllBe(s => s.Did == _b.Did);
        _cable.Forge(Node("y", did, TagOf(did), _a.Address.ToString(), port: 4000));
        _cable.RunFor(5_000);
        _a.Found.Values.Count(s => s.Did == did).ShouldBe(1);

        _cable.Forge(Node("z", _a.Did, TagOf(_a.Did), "10.0.2.7"));
        _cable.RunFor(5_000);
        _a.Told.ShouldAllBe(s => s.Did != _a.Did);
    }

    [Fact]
    public void A_copied_tag_does_not_take_the_place_of_its_owner()
    {
        _cable.Forge(Node("copy", _b.Did, TagOf(_b.Did), "10.0.2.66"));
        _cable.RunFor(1_000);

        _a.Sees(_b).ShouldBeTrue();
        _a.Found.Values.Count(s => s.Did == _b.Did).ShouldBe(2, "a place more to dial, where the handshake will not find this key");
    }

    [Fact]
    public void A_name_with_what_a_terminal_would_obey_is_not_told()
    {
        var did = NewDid(1);
        foreach (string label in (string[])["\u001b[2J", "a\nb", "\u202Eevil", "\u2028"])
            _cable.Forge(Node(label, did, TagOf(did), "10.0.2.7"));
        _cable.RunFor(2_000);
        _a.Found.Count.ShouldBe(1);
    }

    [Fact]
    public void Unicast_from_beyond_the_link_and_from_another_port_is_not_heard()
    {
        var did = NewDid(1);
        byte[] node = Node("x", did, TagOf(did), "10.0.2.7");
        _cable.Forge(node, from: "192.0.2.1", isMulticast: false);
        _cable.Forge(node, port: 5354);
        _cable.RunFor(2_000);
        _a.Found.Count.ShouldBe(1);

        _cable.Forge(node, from: "192.0.2.1");
        _cable.RunFor(2_000);
        _a.Found.Count.ShouldBe(2, "what comes to the group comes from the link, whatever its source says");
    }

    [Fact]
    public void A_long_life_is_cut_to_75_minutes()
    {
        var did = NewDid(1);
        _cable.Forge(Node("x", did, TagOf(did), "10.0.2.7", ttl: int.MaxValue));
        _cable.RunFor(2_000);
        _a.Found.Count.ShouldBe(2);
        _cable.RunFor(4_500_000);
        _a.Found.Count.ShouldBe(1);
    }

    [Fact]
    public void Who_says_only_that_it_is_there_is_asked_four_times_and_forgotten()
    {
        long start = _cable.Now;
        _cable.Forge(Response(DnsRecord.Ptr(MdnsNames.Tcp, MdnsNames.Tcp.Below("ghost"), 4500)));
        _cable.RunFor(20_000);
        _a.Zone.Browser.Count.ShouldBe(1);
        _cable.Sent.Count(s => s.At > start && s.Bytes.AsSpan().IndexOf("ghost"u8) >= 0).ShouldBeInRange(4, 8, "two nodes, of which one asks for both");
    }

    /// <summary>The spelling of one, which need not be a key's.</summary>
    private static Did AnyDid(int seed) => Did.FromValidPoint([2, .. SHA256.HashData(BitConverter.GetBytes(seed))]);

    internal static Did NewDid(int seed)
    {
        byte[] point = [2, .. SHA256.HashData(BitConverter.GetBytes(seed))];
        while (!P256Point.TryDecompress(point, out _))
            point[^1]++;
        return Did.FromValidPoint(point);
    }

    internal static byte[] TagOf(Did did)
    {
        byte[] key = new byte[32], tag = new byte[16];
        ClusterTag.DeriveKey(Policies.Cookie, key);
        ClusterTag.Make(key, did, 20_000, "default", tag);
        return tag;
    }

    internal static byte[] Node(string label, Did did, byte[]? tag, string address, ushort port = 3476, uint ttl = 4500)
    {
        var name = MdnsNames.Tcp.Below(label);
        var host = DnsName.Of($"h-{SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(label))[0]:x}", "local");
        return Response(
            DnsRecord.Ptr(MdnsNames.Tcp, name, ttl), DnsRecord.Srv(name, port, host, ttl),
            DnsRecord.Txt(name, new ServiceText(new VersionRange(1, 1), did, tag is null ? null : (ReadOnlyMemory<byte>?)tag).ToBytes(), ttl),
            DnsRecord.OfAddress(host, IPAddress.Parse(address), ttl));
    }

    private static byte[] Response(params DnsRecord[] answers)
    {
        var writer = new DnsWriter();
        foreach (var record in answers)
            writer.TryAdd(DnsSection.Answer, record).ShouldBeTrue();
        return writer.ToMessage(isResponse: true);
    }
}
