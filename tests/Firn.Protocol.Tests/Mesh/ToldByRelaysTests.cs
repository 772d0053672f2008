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

    private long AcceptRelay(PeerKey peer, long now = 0)
    {
        long link = Accept(Rules, peer, now);
        Rules.OnDescribed(link, canRelay: true, now);
        return link;
    }
}
