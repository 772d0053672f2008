using System.Net;

namespace Firn.Protocol.Tests.Mdns;

/// <summary>What a node answers, to whom, when, and how often (RFC 6762, sections 5 to 9 and 11).</summary>
public sealed class AnswerTests
{
    private const string Asker = "10.0.3.99";
    private static readonly DnsQuestion Browse = new(MdnsNames.Tcp, DnsType.Ptr);

    private readonly Cable _cable = new();
    private readonly Host _node;
    private long _mark;

    public AnswerTests()
    {
        _node = _cable.Add("n");
        _cable.RunFor(64_500);   // announced, and with nothing to ask for a minute
        Mark();
    }

    private DnsName Instance => MdnsNames.Tcp.Below(_node.Label);

    private DnsName HostName => DnsName.Of(MdnsNames.HostLabel(_node.Did, 1), "local");

    private List<(long At, DnsMessage Message, IPEndPoint? To)> Answers =>
        [.. _cable.Sent.Where(s => s.At >= _mark).Select(s => (s.At - _mark, Read(s.Bytes), s.To)).Where(static s => s.Item2.IsResponse)];

    [Fact]
    public void Who_asks_which_nodes_there_are_is_told_all_it_needs()
    {
        _cable.Forge(Query([Browse]));
        _cable.RunFor(1_000);

        var (at, message, to) = Answers.Single();
        at.ShouldBeInRange(20, 125);
        to.ShouldBeNull();
        message.Answers.Single().Target.ShouldBe(Instance);
        message.Additionals.Select(r => r.Type).ShouldBe([DnsType.Srv, DnsType.Txt, DnsType.A, DnsType.Nsec], ignoreOrder: true);
        message.Answers.Concat(message.Additionals).ShouldAllBe(r => r.IsUnique == (r.Type != DnsType.Ptr));
        message.Answers.Concat(message.Additionals)
            .ShouldAllBe(r => r.Ttl == (r.Type == DnsType.Ptr || r.Type == DnsType.Txt ? 4500u : 120u));
    }

    [Fact]
    public void Its_own_records_are_told_at_once_and_what_it_has_not_is_denied()
    {
        _cable.Forge(Query([new(Instance, DnsType.Srv), new(HostName, DnsType.Aaaa)]));
        _cable.RunFor(1_000);

        var (at, message, _) = Answers.Single();
        at.ShouldBeLessThanOrEqualTo(1);
        message.Answers.Select(r => r.Type).ShouldBe([DnsType.Srv, DnsType.Nsec], ignoreOrder: true);
        message.Answers.Single(r => r.Type == DnsType.Nsec).Data.ToArray().ShouldBe(new byte[] { 0, 1, 0x40 }, "type A alone");
    }

    [Fact]
    public void What_is_not_asked_for_is_not_said()
    {
        _cable.Forge(Query(
        [
            new(DnsName.Of("_http", "_tcp", "local"), DnsType.Ptr), new(MdnsNames.Udp, DnsType.Ptr), new(MdnsNames.Tcp, DnsType.Txt),
            new(DnsName.Of("other", "local"), DnsType.Any), new(DnsName.Of("local"), DnsType.Any),
        ]));
        _cable.RunFor(2_000);
        Answers.ShouldBeEmpty();
    }

    [Fact]
    public void The_types_of_services_are_told()
    {
        _cable.Forge(Query([new(MdnsNames.Types, DnsType.Ptr)]));
        _cable.RunFor(1_000);
        Answers.Single().Message.Answers.Single().Target.ShouldBe(MdnsNames.Tcp);
        Answers.Single().Message.Additionals.ShouldBeEmpty();
    }

    [Fact]
    public void What_the_asker_knows_is_not_told_again_unless_its_time_is_half_over()
    {
        _cable.Forge(Query([Browse], known: [DnsRecord.Ptr(MdnsNames.Tcp, Instance, 2250)]));
        _cable.RunFor(2_000);
        Answers.ShouldBeEmpty();

        _cable.Forge(Query([Browse], known: [DnsRecord.Ptr(MdnsNames.Tcp, Instance, 2249)]));
        _cable.RunFor(2_000);
        Answers.Count.ShouldBe(1);
    }

    [Fact]
    public void Who_knows_more_than_fits_is_waited_for()
    {
        _cable.Forge(Query([Browse], isTruncated: true));
        _cable.RunFor(200);
        _cable.Forge(Query([], known: [DnsRecord.Ptr(MdnsNames.Tcp, Instance, 4500)]));
        _cable.RunFor(2_000);
        Answers.ShouldBeEmpty();

        Mark();
        _cable.Forge(Query([Browse], isTruncated: true));
        _cable.Forge(Query([], known: [DnsRecord.Ptr(MdnsNames.Tcp, Instance, 4500)]), from: "10.0.3.98");
        _cable.RunFor(2_000);
        Answers.Single().At.ShouldBeInRange(400, 505, "another's knowledge is not the asker's");
    }

    [Fact]
    public void What_another_has_just_said_is_not_said_again()
    {
        _cable.Forge(Query([Browse]));
        _cable.RunFor(5);
        _cable.Forge(Response(DnsRecord.Ptr(MdnsNames.Tcp, Instance, 4500)));
        _cable.RunFor(2_000);
        Answers.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_taken_back_in_its_name_is_said_again()
    {
        _cable.Forge(Response(DnsRecord.Ptr(MdnsNames.Tcp, Instance, 0)));
        _cable.RunFor(1_000);
        Answers.Single().Message.Answers.Single().Ttl.ShouldBe(4500u);
    }

    [Fact]
    public void However_often_it_is_asked_it_says_a_record_once_a_second()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _cable.Forge(Query([Browse, new(Instance, DnsType.Any)]), from: $"10.0.3.{i % 200}");
            _cable.RunFor(10);
        }

        Answers.Count.ShouldBeInRange(2, 22, "PTR and the others once a second each");
        foreach (var said in Answers.SelectMany(a => a.Message.Answers.Select(r => (a.At, r))).GroupBy(a => (a.r.Type, a.r.Name)))
            said.Zip(said.Skip(1)).ShouldAllBe(pair => pair.Second.At - pair.First.At >= 1_000);
    }

    [Fact]
    public void Who_wants_it_alone_gets_it_alone_unless_all_have_waited_long()
    {
        var alone = new DnsQuestion(Instance, DnsType.Txt, WantsUnicast: true);
        _cable.Forge(Query([alone]));
        _cable.RunFor(100);
        Answers.Single().To.ShouldBe(new IPEndPoint(IPAddress.Parse(Asker), MdnsNames.Port));

        _cable.RunFor(1_200_000);
        Mark();
        _cable.Forge(Query([alone]));
        _cable.RunFor(100);
        Answers.Single(a => a.Message.Answers.Any(r => r.Type == DnsType.Txt)).To.ShouldBeNull();
    }

    [Fact]
    public void A_plain_resolver_of_the_link_is_answered_alone_in_its_manner()
    {
        byte[] query = Query([Browse], id: 0x1234);
        _cable.Forge(query, port: 40_000);
        _cable.RunFor(100);

        var (_, message, to) = Answers.Single();
        to!.Port.ShouldBe(40_000);
        message.Id.ShouldBe((ushort)0x1234);
        message.Questions.Single().ShouldBe(Browse);
        message.Answers.Concat(message.Additionals).ShouldAllBe(r => r.Ttl <= 10 && !r.IsUnique);

        Mark();
        _cable.Forge(query, from: "192.0.2.1", port: 40_000);
        _cable.Forge(query, from: "192.0.2.1", isMulticast: false);
        _cable.RunFor(2_000);
        Answers.ShouldBeEmpty("nobody beyond the link is answered");
    }

    [Fact]
    public void Plain_resolvers_cannot_make_it_send_more_than_its_budget()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _cable.Forge(Query([Browse], id: (ushort)i), from: $"10.0.3.{i % 200}", port: 40_000);
            _cable.RunFor(10);
        }

        Answers.Count.ShouldBeInRange(MdnsZone.SentAtOnce, MdnsZone.SentAtOnce + (10 * MdnsZone.SentPerSecond) + 1);
    }

    [Fact]
    public void A_probe_for_its_name_is_answered_at_once_and_the_name_stays()
    {
        _cable.Forge(Query([new(Instance, DnsType.Any)], claimed: [DnsRecord.Srv(Instance, 65_000, DnsName.Of("zzz", "local"), 120)]));
        _cable.RunFor(10);
        Answers.Single().Message.Answers.ShouldContain(r => r.Type == DnsType.Srv && r.Port == 3476);
        _node.Label.ShouldBe("n@host");
    }

    [Fact]
    public void Whoever_claims_its_names_for_ever_costs_little_and_is_got_rid_of()
    {
        for (int i = 0; i < 6_000; i++)
        {
            // Over whatever name the node comes to next.
            _cable.Forge(Response(DnsRecord.Srv(Instance, 1, DnsName.Of("zzz", "local"), 120)));
            _cable.RunFor(10);
        }

        _cable.CountOf(_node, _mark).ShouldBeLessThan(150, "in a minute: 15 tries, then one in 5 s, of 3 probes each");
        _cable.RunFor(10_000);
        Mark();
        _cable.Forge(Query([Browse]));
        _cable.RunFor(2_000);
        Answers.ShouldNotBeEmpty();
    }

    [Fact]
    public void Of_two_links_over_one_cable_none_disputes_the_others_records()
    {
        var node = _cable.Add("two");
        var other = node.Link with { Id = new MdnsLinkId(3, false), Addresses = [new MdnsAddress(IPAddress.Parse("10.0.3.50"), 22)], Shown = [IPAddress.Parse("10.0.3.50")] };
        node.Rules.SetLinks([node.Link, other], _cable.Now);
        var packets = new Queue<MdnsPacket>();
        for (long until = _cable.Now + 20_000, now = _cable.Now; now < until; now += 5)
        {
            node.Rules.Tick(now);
            foreach (var packet in node.Rules.TakePackets())
            {
                // Each link hears the other, and itself.
                var from = packet.Link == other.Id ? IPAddress.Parse("10.0.3.50") : node.Address;
                node.Rules.Receive(node.Link.Id, packet.Message, new IPEndPoint(from, MdnsNames.Port), isMulticast: true, now);
                node.Rules.Receive(other.Id, packet.Message, new IPEndPoint(from, MdnsNames.Port), isMulticast: true, now);
            }
        }

        node.Label.ShouldBe("two@host");
        node.Rules.Zones.ShouldAllBe(z => z.Responder.HasNames);
        node.Rules.TakeSightings().ShouldBeEmpty();
    }

    private void Mark() => _mark = _cable.Now;

    private static DnsMessage Read(byte[] bytes)
    {
        DnsReader.TryRead(bytes, out var message).ShouldBeTrue();
        return message;
    }

    private static byte[] Query(
        DnsQuestion[] questions, DnsRecord[]? known = null, DnsRecord[]? claimed = null, bool isTruncated = false, ushort id = 0)
    {
        var writer = new DnsWriter();
        foreach (var question in questions)
            writer.TryAdd(question);
        foreach (var record in known ?? [])
            writer.TryAdd(DnsSection.Answer, record);
        foreach (var record in claimed ?? [])
            writer.TryAdd(DnsSection.Authority, record);
        return writer.ToMessage(isResponse: false, isTruncated, id);
    }

    private static byte[] Response(params DnsRecord[] answers)
    {
        var writer = new DnsWriter();
        foreach (var record in answers)
            writer.TryAdd(DnsSection.Answer, record);
        return writer.ToMessage(isResponse: true);
    }
}
