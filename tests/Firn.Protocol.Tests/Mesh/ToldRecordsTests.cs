using System.Net;
using RefusalReason = Firn.Protocol.Wire.RefusalReason;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol.Tests;

/// <summary>What the rules make of records that peers tell, and whom they tell of whom.</summary>
public class ToldRecordsTests : NodeRulesFixture
{
    [Fact]
    public void A_told_peer_is_dialled_and_nobody_else_will_do_there()
    {
        long link = Accept(Rules, Pair.Bob);
        Tell(Rules, link, Sign(Carol, 1, "10.0.0.3:1"));
        Dials(Rules).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            d => d.Address.ShouldBe(NodeAddress.Parse("10.0.0.3:1")), d => d.Demanded.ShouldBe(Carol));
    }

    [Fact]
    public void A_record_that_comes_from_nobody_or_is_none_is_not_worth_a_check()
    {
        long link = Accept(Rules, Pair.Bob);
        Rules.OnRecords(link, [new SignedPeerRecord { Record = Google.Protobuf.ByteString.CopyFrom([255, 255]) }], 0).ShouldBeEmpty();
        Rules.OnRecords(4711, [Sign(Carol, 1, "10.0.0.3:1")], 0).ShouldBeEmpty();
    }

    [Fact]
    public void TheRules_check_no_signature_and_believe_nothing_before_the_node_has_done_it()
    {
        long link = Accept(Rules, Pair.Bob);
        var forged = Sign(Carol, 1, "10.0.0.3:1");
        forged.Signature = Google.Protobuf.ByteString.CopyFrom(new byte[64]);
        Rules.OnRecords(link, [forged], 0).ShouldBe([forged]);
        Rules.OnRecords(link, [forged], 0).ShouldBe([forged], "it is as unknown as before");
        Rules.Records.Knows(Carol).ShouldBeFalse();
        Rules.NextDue.ShouldBe(long.MaxValue);
        Dials(Rules).ShouldBeEmpty();
    }

    [Fact]
    public void What_another_session_has_told_while_a_record_was_checked_is_news_no_more()
    {
        long bob = Accept(Rules, Pair.Bob);
        long dave = Accept(Rules, Pair.Key("dave"));
        var (older, newer) = (Sign(Carol, 1, "10.0.0.3:1"), Sign(Carol, 2, "10.0.0.4:1"));
        var checking = Made.Verify(Rules.OnRecords(bob, [older], 0), Today);
        Tell(Rules, dave, newer);
        Rules.OnVerified(bob, checking, Elsewhere, Today, 0);
        Rules.Records.Holds(newer).ShouldBeTrue();
        Dials(Rules).ShouldHaveSingleItem().Address.Host.ShouldBe("10.0.0.4");
    }

    [Fact]
    public void A_peer_that_came_while_its_record_was_checked_is_not_dialled()
    {
        long bob = Accept(Rules, Pair.Bob);
        var checking = Made.Verify(Rules.OnRecords(bob, [Sign(Carol, 1, "10.0.0.3:1")], 0), Today);
        Accept(Rules, Carol);
        Rules.OnVerified(bob, checking, Elsewhere, Today, 0);
        Dials(Rules).ShouldBeEmpty();
    }

    [Fact]
    public void A_node_without_mesh_dials_nobody_that_it_is_told_of()
    {
        var rules = RulesOf(new NodeRulesOptions { IsMesh = false });
        Tell(rules, Accept(rules, Pair.Bob), Sign(Carol, 1, "10.0.0.3:1"));
        Dials(rules).ShouldBeEmpty();
    }

    [Fact]
    public void What_this_node_itself_is_said_to_be_is_ignored()
    {
        Tell(Rules, Accept(Rules, Pair.Bob), Sign(Pair.Alice, 99, "10.0.0.3:1"));
        Dials(Rules).ShouldBeEmpty();
    }

    [Fact]
    public void An_address_that_was_told_is_known_to_be_until_it_is_dialled()
    {
        Tell(Rules, Accept(Rules, Pair.Bob), Sign(Carol, 1, "10.0.0.3:1", "wss://mesh.example.com", "tcp://mesh.example.com"));
        Dials(Rules).ShouldHaveSingleItem().Ways.Cast<DirectWay>().Select(way => (way.Address.Host, way.Endpoint.IsTold))
            .ShouldBe([("10.0.0.3", true), ("mesh.example.com", true)]);
    }

    [Fact]
    public void A_loopback_address_counts_only_if_its_teller_is_on_this_machine()
    {
        long link = Accept(Rules, Pair.Bob);
        var local = Sign(Carol, 1, "127.0.0.1:1");
        Tell(Rules, link, local);
        Dials(Rules).ShouldBeEmpty();

        // What meant nothing from afar is news from nearby.
        Tell(Rules, link, IPAddress.Loopback, local);
        Dials(Rules).ShouldHaveSingleItem().Address.Host.ShouldBe("127.0.0.1");
    }

    [Fact]
    public void Of_a_told_peers_addresses_only_those_that_mean_the_same_here_are_dialled()
    {
        Tell(Rules, Accept(Rules, Pair.Bob), Sign(Carol, 1, "127.0.0.1:1", "224.0.0.1:1", "10.0.0.3:1"));
        Dials(Rules).ShouldHaveSingleItem().Address.Host.ShouldBe("10.0.0.3");
        Rules.Dials.Targets.Single().Addresses.Count.ShouldBe(1);
    }

    [Fact]
    public void What_exceeds_a_tellers_budget_is_taken_from_another_teller()
    {
        var rules = RulesOf(new NodeRulesOptions { Dials = new DialLimits { TellerBurst = 2, TellerPerSecond = 1 } });
        long bob = Accept(rules, Pair.Bob);
        long dave = Accept(rules, Pair.Key("dave"));
        var told = Enumerable.Range(0, 3).Select(i => Sign(Pair.Key($"p{i}"), 1, $"10.0.1.{i}:1")).ToArray();
        Tell(rules, bob, told);
        Dials(rules).Length.ShouldBe(2);
        Tell(rules, dave, told);
        Dials(rules).ShouldHaveSingleItem().Demanded!.Value.Name.Name.ShouldBe("p2");
    }

    [Fact]
    public void A_teller_makes_this_node_check_no_more_signatures_than_its_budget()
    {
        var rules = RulesOf(new NodeRulesOptions { Records = new RecordLimits { CheckBurst = 2, ChecksPerSecond = 1 } });
        long link = Accept(rules, Pair.Bob);
        var told = Enumerable.Range(0, 5).Select(i => Sign(Pair.Key($"p{i}"), 1, "10.0.0.3:1")).ToArray();
        rules.OnRecords(link, told, 0).Count.ShouldBe(2);
        rules.OnRecords(link, told, 999).ShouldBeEmpty();
        rules.OnRecords(link, told, 1_000).Count.ShouldBe(1);
        rules.OnRecords(Accept(rules, Carol), told, 1_000).Count.ShouldBe(2, "each teller has its own");
    }

    [Fact]
    public void A_connected_peers_record_is_kept_for_the_day_it_is_lost()
    {
        long link = Accept(Rules, Pair.Bob);
        Tell(Rules, link, Sign(Pair.Bob, 1, "10.0.0.2:1"));
        Dials(Rules).ShouldBeEmpty();
        Rules.OnSessionEnded(link, EndReason.Timeout, isTold: false, 1_000);
        Dials(Rules, 2_000).ShouldHaveSingleItem().Demanded.ShouldBe(Pair.Bob);
    }

    [Fact]
    public void A_told_peer_that_is_never_reached_is_tried_again_when_somebody_tells_of_it_again()
    {
        var rules = RulesOf(new NodeRulesOptions { Dials = new DialLimits { MaxFailures = 1 } });
        long link = Accept(rules, Pair.Bob);
        var carol = Sign(Carol, 1, "10.0.0.3:1");
        Tell(rules, link, carol);
        rules.OnDialFailed(Dials(rules).Single().Link, RefusalReason.Unspecified, new DialFailure(FailureReason.Unreachable, "no"), 0);
        Dials(rules, 100_000).ShouldBeEmpty();
        Tell(rules, link, carol);
        Dials(rules, 100_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_newcomer_is_told_of_the_others_and_the_others_of_it()
    {
        var own = Sign(Pair.Alice, 1, "10.0.0.9:1");
        Rules.SetOwnRecord(own);
        long bob = Accept(Rules, Pair.Bob);
        Rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Records.ShouldBe([own]);
        var bobs = Sign(Pair.Bob, 1, "10.0.0.2:1");
        Tell(Rules, bob, bobs);

        long carol = Accept(Rules, Carol);
        Rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Records.ShouldBe([own, bobs]);
        var carols = Sign(Carol, 1, "10.0.0.3:1");
        Tell(Rules, carol, carols);
        Rules.Tick(Rules.NextDue);
        var sent = Rules.TakeActions().OfType<SendRecords>().ToDictionary(s => s.Link, s => s.Records);
        sent[bob].ShouldBe([carols]);
        sent[carol].ShouldBe([bobs]);
    }

    [Fact]
    public void A_change_of_the_own_record_is_told_to_everyone_even_between_two_sessions_with_one_peer()
    {
        long bob = Accept(Rules, Pair.Bob);
        long carol = Accept(Rules, Carol);

        // Carol has replaced the session by the one that our Commit asks for; her answer is still on its way.
        var decision = Rules.OnVerdict(Rules.NewLink(), Carol, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);
        Rules.OnCommitSent(77, Carol, Policies.Cookie, First, Pair.Session(77), decision, 0);
        Rules.OnSessionEnded(carol, EndReason.Goodbye, isTold: true, 0);
        Rules.TakeActions();
        var own = Sign(Pair.Alice, 2, "10.0.0.9:1");
        Rules.SetOwnRecord(own);
        Rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Link.ShouldBe(bob);

        Rules.OnAccepted(77, 0).ShouldBeTrue();
        Rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Records.ShouldBe([own]);
    }
}
