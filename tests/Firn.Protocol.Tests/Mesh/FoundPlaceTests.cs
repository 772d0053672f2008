using System.Globalization;

namespace Firn.Protocol.Tests;

/// <summary>Where and when a node dials because sources say that somebody may be there.</summary>
public sealed class FoundPlaceTests : NodeRulesFixture
{
    private const string Mdns = "mdns/1", Dns = "dns/2";

    private static readonly NodeAddress Here = NodeAddress.Parse("10.0.0.1:1");
    private static readonly NodeAddress There = NodeAddress.Parse("10.0.0.2:1");

    [Fact]
    public void A_found_place_is_dialled_and_its_key_is_demanded()
    {
        Find("a", Here, Pair.Bob.Did);
        var dial = Dials(Rules).Single();
        (dial.Address, dial.DemandedDid).ShouldBe((Here, Pair.Bob.Did));
    }

    [Fact]
    public void The_node_itself_and_addresses_of_nobody_are_not_dialled()
    {
        Find("a", Here, Pair.Alice.Did);
        foreach (var nobody in new[] { "0.0.0.0:1", "[::]:1", "224.0.0.251:1", "[ff02::1]:1", "255.255.255.255:1", "10.0.0.1:0" })
            Find(nobody, NodeAddress.Parse(nobody), null);
        Dials(Rules).ShouldBeEmpty();
        Rules.Dials.Targets.ShouldBeEmpty();
    }

    [Fact]
    public void A_place_whose_peer_is_connected_already_is_content_and_is_dialled_when_that_is_lost()
    {
        long link = Accept(Rules, Pair.Bob);
        Find("a", Here, Pair.Bob.Did);
        Dials(Rules).ShouldBeEmpty();
        Rules.OnSessionEnded(link, EndReason.TransportError, isTold: false, 1_000);
        Dials(Rules, Rules.NextDue).Single().Address.ShouldBe(Here);
    }

    [Fact]
    public void A_peer_that_connects_by_itself_satisfies_the_place_that_waits_for_its_key()
    {
        Find("a", Here, Pair.Bob.Did);
        Fail(Dials(Rules).Single(), 0);
        Accept(Rules, Pair.Bob);
        Dials(Rules, 100_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_key_of_a_source_that_is_said_to_be_another_nodes_is_another_place()
    {
        Find("a", Here, Pair.Bob.Did);
        Find("a", Here, Carol.Did);
        Rules.Dials.Targets.ShouldHaveSingleItem().ExpectedDid.ShouldBe(Carol.Did);
    }

    [Fact]
    public void What_several_sources_say_of_one_key_is_one_place_with_all_addresses()
    {
        Find("a", Here, Pair.Bob.Did);
        Find("b", There, Pair.Bob.Did, Dns);
        Rules.Dials.Targets.ShouldHaveSingleItem().Addresses.ShouldBe([Here, There]);

        Rules.Dials.OnLost(Mdns, "a");
        Rules.Dials.Targets.ShouldHaveSingleItem().Addresses.ShouldBe([There]);
        Rules.Dials.OnLost(Dns, "b");
        Rules.Dials.Targets.ShouldBeEmpty();
        Dials(Rules).ShouldBeEmpty();
    }

    [Fact]
    public void A_place_that_is_lost_keeps_its_session_and_is_not_dialled_after_it()
    {
        Find("a", Here, Pair.Bob.Did);
        long link = Connect(Dials(Rules).Single());
        Rules.Dials.OnLost(Mdns, "a");
        Rules.IsUp(Pair.Bob).ShouldBeTrue();
        Rules.OnSessionEnded(link, EndReason.TransportError, isTold: false, 1_000);
        Dials(Rules, 100_000).ShouldBeEmpty();
        Rules.Dials.Targets.ShouldBeEmpty();
    }

    [Fact]
    public void A_place_that_is_lost_while_it_is_dialled_is_not_tried_again()
    {
        Find("a", Here, Pair.Bob.Did);
        var dial = Dials(Rules).Single();
        Rules.Dials.OnLost(Mdns, "a");
        Fail(dial, 10);
        Dials(Rules, 100_000).ShouldBeEmpty();
        Rules.Dials.Targets.ShouldBeEmpty();
    }

    [Fact]
    public void A_place_that_leads_nowhere_is_given_up_and_tried_again_when_it_is_said_after_a_rest()
    {
        Find("a", Here, Pair.Bob.Did);
        long now = Exhaust();
        Find("a", Here, Pair.Bob.Did, now: now + 1_000);
        Dials(Rules, now + 299_999).ShouldBeEmpty();

        Find("a", Here, Pair.Bob.Did, now: now + 300_000);
        Dials(Rules, now + 300_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_place_that_was_given_up_is_tried_at_once_where_it_has_moved()
    {
        Find("a", Here, Pair.Bob.Did);
        long now = Exhaust();
        Find("a", There, Pair.Bob.Did, now: now);
        Dials(Rules, now).Single().Address.ShouldBe(There);
    }

    [Fact]
    public void A_place_that_turns_out_to_be_the_node_itself_is_not_dialled_again_until_it_is_another()
    {
        Find("a", Here, null);
        Fail(Dials(Rules).Single(), 0, FailureReason.Self);
        Find("a", Here, null, now: 10_000_000);
        Dials(Rules, 10_000_000).ShouldBeEmpty();
        Find("a", There, null, now: 10_000_000);
        Dials(Rules, 10_000_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_peer_that_was_hung_up_is_not_dialled_because_a_source_says_it()
    {
        Find("a", Here, Pair.Bob.Did);
        Connect(Dials(Rules).Single());
        Rules.Hangup(Pair.Bob, 10);
        Find("a", Here, Pair.Bob.Did, now: 10_000_000);
        Find("a", There, Pair.Bob.Did, now: 10_000_000);
        Find("b", There, Pair.Bob.Did, Dns, now: 10_000_000);
        Rules.Dials.OnLost(Mdns, "a");
        Find("a", There, Pair.Bob.Did, now: 10_000_000);
        Dials(Rules, 10_000_000).ShouldBeEmpty();

        Accept(Rules, Pair.Bob);   // it came back by itself: all is forgiven
        Rules.Dials.Targets.ShouldHaveSingleItem().State.ShouldBe(DialState.Satisfied);
    }

    [Fact]
    public void A_node_that_shut_down_is_dialled_again_when_it_is_said_again()
    {
        Find("a", Here, Pair.Bob.Did);
        long link = Connect(Dials(Rules).Single());
        Rules.OnSessionEnded(link, EndReason.Shutdown, isTold: true, 1_000);
        Dials(Rules, 100_000).ShouldBeEmpty();
        Find("a", Here, Pair.Bob.Did, now: 100_000);
        Dials(Rules, 100_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_source_that_is_gone_takes_with_it_what_is_not_connected()
    {
        Find("a", Here, Pair.Bob.Did);
        Connect(Dials(Rules).Single());
        Find("c", There, Carol.Did);
        Rules.Dials.OnSourceGone(Mdns);
        Dials(Rules).ShouldBeEmpty();
        Rules.Dials.Targets.ShouldHaveSingleItem().Peer.ShouldBe(Pair.Bob);
        Rules.IsUp(Pair.Bob).ShouldBeTrue();
    }

    [Fact]
    public void A_passphrase_is_proved_to_found_keys_that_are_known_and_to_no_hint()
    {
        var rules = new NodeRules(Pair.Alice, Policies.Cookies(Policies.KeyOf(7, isPassphrase: true)), new NodeRulesOptions(), () => 0);
        rules.Pins.Keep(Carol);
        Find("a", Here, null, rules: rules);
        Find("b", Here, Pair.Bob.Did, rules: rules);
        Dials(rules).ShouldBeEmpty();
        Find("c", There, Carol.Did, rules: rules);
        Dials(rules).Single().DemandedDid.ShouldBe(Carol.Did);
    }

    [Fact]
    public void A_key_that_a_told_peer_is_dialled_for_is_not_dialled_for_a_source_at_the_same_time()
    {
        long bob = Accept(Rules, Pair.Bob);
        Tell(Rules, bob, Sign(Carol, 1, "10.0.0.7:1"));
        var told = Dials(Rules).Single();
        Find("a", There, Carol.Did);
        Dials(Rules).ShouldBeEmpty();
        Dials(Rules, 3_000).ShouldBeEmpty();
        Fail(told, 3_001);
        Dials(Rules, 6_000).ShouldNotBeEmpty();
        Rules.Dials.Targets.Count(t => t.State == DialState.Dialling).ShouldBe(1);
    }

    [Fact]
    public void Forged_places_wait_behind_what_the_user_wants_and_hold_half_of_the_attempts_at_most()
    {
        for (int i = 0; i < 20; i++)
            Find(Key(i), Forged(i), null);
        Dials(Rules).Length.ShouldBe(8);
        Rules.OnFound(new Sighting(DialKind.Configured, "list", "seed", [Seed], null), 1);
        Dials(Rules, 1).Single().Address.ShouldBe(Seed);
    }

    [Fact]
    public void A_source_makes_the_node_dial_so_many_places_at_once_and_then_four_a_second()
    {
        for (int i = 0; i < 1_000; i++)
            Find(Key(i), Forged(i), null);
        Rules.Dials.Targets.Count(t => t.Due <= 0).ShouldBe(256);
        Rules.Dials.Targets.Count(t => t.Due <= 1_000).ShouldBe(260);
        Rules.Dials.Targets.Count.ShouldBe(256 + 240, "what would wait longer than a minute is not taken");

        Find("late", There, Pair.Bob.Did, now: 1_000);
        Rules.Dials.Targets.ShouldContain(t => t.ExpectedDid == Pair.Bob.Did);
    }

    [Fact]
    public void A_flood_from_one_source_takes_no_place_from_another()
    {
        for (int i = 0; i < 1_000; i++)
            Find(Key(i), Forged(i), null);
        Find("b", There, Pair.Bob.Did, Dns);
        Rules.Dials.Targets.Single(t => t.ExpectedDid == Pair.Bob.Did).Due.ShouldBe(0);
    }

    [Fact]
    public void A_place_that_changes_all_the_time_is_not_dialled_all_the_time()
    {
        int dials = 0;
        for (int i = 0; i < 5_000; i++)
        {
            Find("a", Forged(i), null, now: i);
            foreach (var dial in Dials(Rules, i))
            {
                Fail(dial, i);
                dials++;
            }
        }

        dials.ShouldBeInRange(1, 256 + 20);
    }

    [Fact]
    public void Of_more_places_than_a_source_may_have_those_that_failed_make_room()
    {
        var rules = RulesOf(new NodeRulesOptions { Dials = new DialLimits { MaxPlaces = 2 } });
        Find("a", Here, null, rules: rules);
        Find("b", There, null, rules: rules);
        Find("c", Forged(1), null, rules: rules);
        rules.Dials.Targets.Select(t => t.Addresses[0]).ShouldBe([Here, There]);

        var dial = Dials(rules)[0];
        rules.OnDialFailed(dial.Link, default, new DialFailure(FailureReason.Unreachable, "no"), 0);
        Find("c", Forged(1), null, rules: rules);
        rules.Dials.Targets.Select(t => t.Addresses[0]).ShouldBe([There, Forged(1)]);
    }

    [Fact]
    public void One_told_or_found_endpoint_is_not_tried_more_often_for_having_many_names()
    {
        Find("a", Here, null);
        Find("b", Here, null);
        Dials(Rules).ShouldHaveSingleItem();
        Dials(Rules, 1_999).ShouldBeEmpty();
        Dials(Rules, 2_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_user_that_dials_a_found_address_takes_whoever_lives_there()
    {
        Find("a", Here, Pair.Bob.Did);
        Rules.Request(7, Here, 0);
        Rules.TakeActions().OfType<StartDial>().Single().DemandedDid.ShouldBeNull();
    }

    private static string Key(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static NodeAddress Forged(int i) => NodeAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.9.{i / 250}.{1 + (i % 250)}:9"));

    private void Find(string key, NodeAddress address, Did? did, string source = Mdns, long now = 0, NodeRules? rules = null) =>
        (rules ?? Rules).OnFound(new Sighting(DialKind.Found, source, key, [address], did), now);

    private void Fail(StartDial dial, long now, FailureReason reason = FailureReason.Unreachable) =>
        Rules.OnDialFailed(dial.Link, default, new DialFailure(reason, "no"), now);

    /// <summary>Fails every dial until there is none; returns when the last one failed.</summary>
    private long Exhaust()
    {
        long now = 0;
        for (int round = 0; round < 8; round++)
        {
            StartDial[] dials;
            do
                now = Math.Max(now, Rules.NextDue);
            while ((dials = Dials(Rules, now)).Length == 0);   // not yet allowed at that endpoint
            Fail(dials.Single(), now);
        }

        Rules.NextDue.ShouldBe(long.MaxValue);
        return now;
    }
}
