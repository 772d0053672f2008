namespace Firn.Protocol.Tests;

/// <summary>What the rules make of peers that only a relay can reach.</summary>
public class ToldByRelaysTests : NodeRulesFixture
{
    private static readonly PeerKey Dave = Pair.Key("dave");

    [Fact]
    public void What_a_relay_tells_without_a_usable_address_is_dialled_through_it()
    {
        long relay = AcceptRelay(Pair.Bob);

        Tell(Rules, relay, Sign(Carol, 1, "127.0.0.1:1"));

        var dial = Dials(Rules).ShouldHaveSingleItem();
        dial.Ways.ShouldBe([new RelayedWay(Pair.Bob, Carol.Did)]);
        (dial.Demanded, dial.Address).ShouldBe((Carol, NodeAddress.Parse("carol@test")));
    }

    [Fact]
    public void Others_are_not_believed_to_be_of_use_there()
    {
        long link = Accept(Rules, Pair.Bob);
        Rules.OnDescribed(link, canRelay: false, 0);

        Tell(Rules, link, Sign(Carol, 1, "127.0.0.1:1"));

        Rules.Records.Knows(Carol).ShouldBeFalse();
        Dials(Rules).ShouldBeEmpty();
    }

    [Fact]
    public void A_connected_peer_that_nobody_can_dial_is_told_of_to_others()
    {
        long carol = Accept(Rules, Carol);
        var record = Sign(Carol, 1, "127.0.0.1:1");
        Tell(Rules, carol, record);

        Accept(Rules, Pair.Bob);

        Rules.TakeActions().OfType<SendRecords>().Last().Records.ShouldBe([record]);
    }

    [Fact]
    public void Addresses_come_before_relays()
    {
        long relay = AcceptRelay(Pair.Bob);

        Tell(Rules, relay, Sign(Carol, 1, "10.0.0.3:1"));

        Dials(Rules).ShouldHaveSingleItem().Ways.ShouldBe([new DirectWay(NodeAddress.Parse("10.0.0.3:1")), new RelayedWay(Pair.Bob, Carol.Did)]);
    }

    [Fact]
    public void Without_a_relay_such_a_peer_waits_for_one()
    {
        long relay = AcceptRelay(Pair.Bob);
        Tell(Rules, relay, Sign(Carol, 1, "127.0.0.1:1"));
        Rules.OnDescribed(relay, canRelay: false, 0);
        Dials(Rules).ShouldBeEmpty();
        Dials(Rules, 1_000_000).ShouldBeEmpty();
        Rules.Dials.NextDue.ShouldBe(long.MaxValue);

        AcceptRelay(Dave, 1_000_000);

        Dials(Rules, 1_000_000).ShouldHaveSingleItem().Ways.ShouldBe([new RelayedWay(Dave, Carol.Did)]);
    }

    [Fact]
    public void Who_asks_for_such_a_peer_while_there_is_no_relay_is_told_so()
    {
        long relay = AcceptRelay(Pair.Bob);
        Tell(Rules, relay, Sign(Carol, 1, "127.0.0.1:1"));
        Rules.OnDescribed(relay, canRelay: false, 0);
        Rules.TakeActions();

        Rules.Request(7, Carol.Did, 0);

        var failed = Rules.TakeActions().ShouldHaveSingleItem().ShouldBeOfType<FailDial>();
        (failed.Request, failed.Failure.Reason).ShouldBe((7, FailureReason.Unreachable));
        failed.Failure.Message.ShouldContain("no peer that relays");
        AcceptRelay(Dave);
        Dials(Rules).ShouldHaveSingleItem().Ways.ShouldBe([new RelayedWay(Dave, Carol.Did)]);
    }

    [Fact]
    public void Who_told_of_a_peer_is_asked_first_and_who_is_gone_not_at_all()
    {
        long gone = AcceptRelay(Pair.Key("gone"));
        AcceptRelay(Dave);
        long teller = AcceptRelay(Pair.Bob);
        Rules.OnSessionEnded(gone, EndReason.Timeout, isTold: false, 0);

        Tell(Rules, teller, Sign(Carol, 1, "127.0.0.1:1"));

        Dials(Rules).Single(dial => dial.Demanded == Carol).Ways.ShouldBe([new RelayedWay(Pair.Bob, Carol.Did), new RelayedWay(Dave, Carol.Did)]);
    }

    [Fact]
    public void A_relay_does_not_take_away_the_addresses_that_somebody_nearer_told()
    {
        long near = Accept(Rules, Dave);
        Tell(Rules, near, System.Net.IPAddress.Loopback, Sign(Carol, 1, "127.0.0.1:1"));
        long relay = AcceptRelay(Pair.Bob);

        Tell(Rules, relay, Sign(Carol, 2, "127.0.0.1:1"));

        Rules.Dials.Targets.Single(target => target.Peer == Carol).Addresses.ShouldHaveSingleItem();
    }

    /// <summary>An attempt tries a few of many: each has its turn.</summary>
    [Fact]
    public void Behind_who_told_of_a_peer_the_relays_begin_anywhere()
    {
        double random = 0;
        var rules = RulesOf(new NodeRulesOptions(), () => random);
        PeerKey[] relays = [Pair.Bob, Pair.Key("second"), Pair.Key("third")];
        long[] links = [.. relays.Select(relay => AcceptRelay(rules, relay))];

        Tell(rules, links[0], Sign(Carol, 1, "127.0.0.1:1"));
        AskedFor(Carol).ShouldBe(relays);
        random = 0.9;
        Tell(rules, links[0], Sign(Dave, 1, "127.0.0.1:1"));
        AskedFor(Dave).ShouldBe([relays[0], relays[2], relays[1]]);

        IEnumerable<PeerKey> AskedFor(PeerKey peer) => Dials(rules).Single(dial => dial.Demanded == peer).Ways.Cast<RelayedWay>().Select(way => way.Relay);
    }

    /// <summary>A key may have several names.</summary>
    [Fact]
    public void No_relay_is_asked_for_its_own_key()
    {
        long relay = AcceptRelay(Pair.Bob);

        Tell(Rules, relay, Sign(Pair.Bob with { Name = NodeName.Parse("other@test") }, 1, "127.0.0.1:1"));

        Dials(Rules).ShouldBeEmpty();
    }

    [Fact]
    public void A_relay_is_forgotten_with_its_session_whatever_still_comes_of_it()
    {
        long relay = AcceptRelay(Pair.Bob);
        Rules.Relays.ShouldBe(1);

        Rules.OnSessionEnded(relay, EndReason.Timeout, isTold: false, 0);
        Rules.Relays.ShouldBe(0);

        Rules.OnDescribed(relay, canRelay: true, 0);   // it was on its way
        Rules.Relays.ShouldBe(0);
    }

    private long AcceptRelay(PeerKey peer, long now = 0) => AcceptRelay(Rules, peer, now);

    private long AcceptRelay(NodeRules rules, PeerKey peer, long now = 0)
    {
        long link = Accept(rules, peer, now);
        rules.OnDescribed(link, canRelay: true, now);
        return link;
    }
}
