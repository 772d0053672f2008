using System.Net;

namespace Firn.Protocol.Tests;

/// <summary>Which way is started when, who goes on, and what a failure means.</summary>
public sealed class DialRaceTests
{
    private static readonly DirectWay V4 = Way("10.0.0.1:1"), OtherV4 = Way("10.0.0.2:1"), V6 = Way("[fd00::1]:1"), OtherV6 = Way("[fd00::2]:1");
    private static readonly NodeAddress Name = NodeAddress.Parse("db.lan:1");
    private static readonly PeerKey Carol = Pair.Key("carol"), Relay = Pair.Key("relay");
    private static readonly RelayedWay Relayed = new(Relay, Pair.Bob.Did);

    private readonly Dictionary<DialWay, int> _running = [];

    [Fact]
    public void Families_take_turns_a_quarter_of_a_second_apart()
    {
        var race = Race(V6, OtherV6, V4, OtherV4);
        Started(race).ShouldBe([V6]);
        race.NextDue.ShouldBe(250);
        At(race, 249).ShouldBeEmpty();
        At(race, 250).ShouldBe([V4]);
        At(race, 500).ShouldBe([OtherV6]);
        At(race, 750).ShouldBe([OtherV4]);
        race.NextDue.ShouldBe(10_000);
    }

    [Fact]
    public void A_name_that_is_dialled_as_it_is_keeps_its_place()
    {
        var proxied = Way("wss://db.lan");
        var race = Race(proxied, V4, V6);
        Started(race).ShouldBe([proxied]);
        At(race, 250).ShouldBe([V4]);
        At(race, 500).ShouldBe([V6]);
    }

    [Fact]
    public void What_worked_last_time_is_started_first()
    {
        var race = new DialRace(new StartDial(1, [V6, OtherV6, V4]) { Preferred = V4 }, static _ => false, new RaceLimits(), 0);
        Started(race).ShouldBe([V4]);
        At(race, 250).ShouldBe([V6]);
    }

    [Fact]
    public void A_failure_starts_the_next_way_at_once()
    {
        var race = Race(V6, V4);
        Started(race);
        Fail(race, V6, 10);
        Started(race).ShouldBe([V4]);
    }

    [Fact]
    public void Who_answers_first_goes_on_alone_and_the_others_come_back_if_the_handshake_breaks()
    {
        var race = Race(V6, V4, OtherV4);
        Started(race);
        At(race, 250);
        Answer(race, V4, Pair.Bob, 300).ShouldBeTrue();
        race.TakeActions().ShouldBe([new CancelWay(_running[V6])]);
        At(race, 3_000).ShouldBeEmpty();
        race.NextDue.ShouldBe(5_300);

        Fail(race, V4, 3_100, RaceStage.Proving);
        Started(race).ShouldBe([V6]);
        At(race, 3_350).ShouldBe([OtherV4]);
        Answer(race, OtherV4, Pair.Bob, 3_400).ShouldBeTrue();
        race.OnWon(_running[OtherV4]);
        race.IsOver.ShouldBeTrue();
        race.TakeActions().ShouldBe([new CancelWay(_running[V6])]);
    }

    [Fact]
    public void Who_answers_late_does_not_go_on()
    {
        var race = Race(V6, V4);
        Started(race);
        At(race, 250);
        Answer(race, V4, Pair.Bob, 300).ShouldBeTrue();
        Answer(race, V6, Pair.Bob, 300).ShouldBeFalse();
    }

    [Fact]
    public void A_refusal_by_the_node_that_was_meant_is_the_outcome()
    {
        var race = new DialRace(new StartDial(1, [V6, V4], Demanded: Pair.Bob), static _ => false, new RaceLimits(), 0);
        Started(race);
        Answer(race, V6, Pair.Bob, 10);
        Refuse(race, V6, 20);
        race.IsOver.ShouldBeTrue();
        race.Outcome.Reason.ShouldBe(FailureReason.Busy);
    }

    [Fact]
    public void A_refusal_by_one_of_several_nodes_leaves_the_others_and_that_one_is_asked_once()
    {
        var race = Race(V6, OtherV6, V4);
        Started(race);
        Answer(race, V6, Pair.Bob, 10);
        Refuse(race, V6, 20);
        Started(race).ShouldBe([V4]);
        Answer(race, V4, Pair.Bob, 30).ShouldBeFalse();
        Started(race).ShouldBe([OtherV6]);
        Answer(race, OtherV6, Carol, 40).ShouldBeTrue();
    }

    [Fact]
    public void Relays_begin_when_every_direct_way_has_failed()
    {
        var race = Race(V6, Relayed);
        Started(race).ShouldBe([V6]);
        At(race, 1_000).ShouldBeEmpty();
        Fail(race, V6, 1_100);
        Started(race).ShouldBe([Relayed]);
        Fail(race, Relayed, 1_200);
        race.IsOver.ShouldBeTrue();
    }

    [Fact]
    public void Relays_begin_when_no_direct_way_has_answered_in_two_seconds()
    {
        var race = Race(V6, Relayed);
        Started(race);
        At(race, 1_999).ShouldBeEmpty();
        race.NextDue.ShouldBe(2_000);
        At(race, 2_000).ShouldBe([Relayed]);
        Answer(race, V6, Pair.Bob, 2_001).ShouldBeTrue("a direct way that answers first is as good as ever");
    }

    [Fact]
    public void Relays_follow_each_other_as_direct_ways_do()
    {
        var other = new RelayedWay(Carol, Pair.Bob.Did);
        var silent = Race(Relayed, other);
        Started(silent).ShouldBe([Relayed]);
        silent.NextDue.ShouldBe(250);
        At(silent, 249).ShouldBeEmpty();
        At(silent, 250).ShouldBe([other]);

        var failing = Race(Relayed, other);
        Started(failing);
        Fail(failing, Relayed, 10);
        Started(failing).ShouldBe([other]);
    }

    [Fact]
    public void A_handshake_that_takes_five_seconds_gives_way_to_others_and_not_to_nobody()
    {
        var race = Race(V6, V4);
        Started(race);
        Answer(race, V6, Pair.Bob, 100);
        race.NextDue.ShouldBe(5_100);
        race.Tick(5_100);
        var actions = race.TakeActions();
        actions[0].ShouldBe(new CancelWay(_running[V6]));
        actions[1].ShouldBeOfType<StartWay>().Way.ShouldBe(V4);

        var alone = Race(V6);
        Started(alone);
        Answer(alone, V6, Pair.Bob, 100);
        alone.NextDue.ShouldBe(10_000);
    }

    [Fact]
    public void A_handshake_that_the_rules_have_decided_on_is_ended_by_the_deadline_alone()
    {
        var race = Race(V6, V4);
        Started(race);
        Answer(race, V6, Pair.Bob, 100);
        race.OnDeciding(_running[V6]).ShouldBeTrue();
        At(race, 9_999).ShouldBeEmpty();
        race.Tick(10_000);
        race.TakeActions().ShouldBe([new CancelWay(_running[V6])]);
        (race.IsOver, race.Outcome.Stage, race.Outcome.Reason).ShouldBe((true, RaceStage.Deciding, FailureReason.TimedOut));
        race.OnDeciding(_running[V6]).ShouldBeFalse();
    }

    [Fact]
    public void After_ten_seconds_all_is_over_and_each_way_is_said_to_be_silent()
    {
        var race = Race(V6, V4);
        Started(race);
        At(race, 250);
        race.NextDue.ShouldBe(10_000);
        At(race, 10_000).ShouldBeEmpty();
        race.IsOver.ShouldBeTrue();
        race.NextDue.ShouldBe(long.MaxValue);
        race.Failures.Select(f => (f.Way, f.Reason)).ShouldBe([(V6.ToString(), FailureReason.TimedOut), (V4.ToString(), FailureReason.TimedOut)]);
    }

    [Fact]
    public void IPv4_waits_fifty_milliseconds_for_IPv6_and_then_goes_first()
    {
        var race = NameRace();
        race.OnResolved(Name, IpFamily.V4, [Ip("10.0.0.1"), Ip("10.0.0.2")], 5);
        Started(race).ShouldBeEmpty();
        race.NextDue.ShouldBe(55);
        At(race, 55).ShouldBe([new DirectWay(Name, Ip("10.0.0.1"))]);
        race.OnResolved(Name, IpFamily.V6, [Ip("fd00::1")], 100);
        At(race, 305).ShouldBe([new DirectWay(Name, Ip("fd00::1"))]);
        At(race, 555).ShouldBe([new DirectWay(Name, Ip("10.0.0.2"))]);
    }

    [Fact]
    public void IPv6_that_comes_within_fifty_milliseconds_goes_before_IPv4()
    {
        var race = NameRace();
        race.OnResolved(Name, IpFamily.V4, [Ip("10.0.0.1")], 5);
        race.OnResolved(Name, IpFamily.V6, [Ip("fd00::1")], 54);
        Started(race).ShouldBe([new DirectWay(Name, Ip("fd00::1"))]);
        At(race, 304).ShouldBe([new DirectWay(Name, Ip("10.0.0.1"))]);
    }

    [Fact]
    public void IPv6_need_not_wait_and_IPv4_follows_it()
    {
        var race = NameRace();
        race.OnResolved(Name, IpFamily.V6, [Ip("fd00::1"), Ip("fd00::2")], 5);
        Started(race).ShouldBe([new DirectWay(Name, Ip("fd00::1"))]);
        race.OnResolved(Name, IpFamily.V4, [Ip("10.0.0.1")], 100);
        At(race, 255).ShouldBe([new DirectWay(Name, Ip("10.0.0.1"))]);
    }

    [Fact]
    public void A_name_that_leads_nowhere_is_said_to_and_one_that_does_not_resolve_in_time_too()
    {
        var race = NameRace();
        race.OnResolved(Name, IpFamily.V6, [], 5);
        race.IsOver.ShouldBeFalse();
        race.OnResolved(Name, IpFamily.V4, [], 6);
        (race.IsOver, race.Outcome.Reason).ShouldBe((true, FailureReason.Unreachable));
        race.Outcome.Message.ShouldContain("does not resolve");

        var silent = NameRace();
        At(silent, 10_000);
        (silent.IsOver, silent.Outcome.Reason).ShouldBe((true, FailureReason.TimedOut));

        var late = NameRace();
        late.OnResolved(Name, IpFamily.V4, [Ip("10.0.0.1")], 9_980);
        At(late, 10_000).ShouldBeEmpty();
        (late.IsOver, late.Outcome.Reason).ShouldBe((true, FailureReason.TimedOut));
    }

    [Fact]
    public void The_failure_that_led_furthest_is_the_outcome_and_an_own_address_only_if_all_are()
    {
        var race = Race(V6, V4, OtherV4);
        Started(race);
        Fail(race, V6, 1, RaceStage.Greeting, FailureReason.Self);
        Started(race);
        Fail(race, V4, 2, RaceStage.Connecting, FailureReason.TimedOut);
        Started(race);
        Fail(race, OtherV4, 3);
        race.Outcome.Reason.ShouldBe(FailureReason.Unreachable);

        var own = Race(V6);
        Started(own);
        Fail(own, V6, 1, RaceStage.Greeting, FailureReason.Self);
        own.Outcome.Reason.ShouldBe(FailureReason.Self);
    }

    [Fact]
    public void Who_answered_and_failed_says_more_than_who_was_not_reached()
    {
        var race = Race(V6, V4);
        Started(race);
        Fail(race, V6, 1);
        Started(race);
        Fail(race, V4, 2, RaceStage.Greeting, FailureReason.WrongPeer);
        race.Outcome.Reason.ShouldBe(FailureReason.WrongPeer);
    }

    [Fact]
    public void That_another_session_is_to_be_used_ends_the_race_and_is_its_outcome_whatever_failed_before()
    {
        var race = Race(V6, V4, OtherV4);
        Started(race);
        Answer(race, V6, Pair.Bob, 1);
        Fail(race, V6, 2, RaceStage.Proving);
        Started(race).ShouldBe([V4]);
        Answer(race, V4, Pair.Bob, 3);
        race.OnFailed(_running[V4], new RaceFailure(RaceStage.Proving, FailureReason.ConnectionLost, "duplicate") { IsYielding = true }, 4);
        (race.IsOver, race.Outcome.IsYielding).ShouldBe((true, true));
    }

    [Fact]
    public void What_the_rules_have_decided_on_is_the_outcome_though_other_ways_are_left()
    {
        var race = Race(V6, V4);
        Started(race);
        Answer(race, V6, Pair.Bob, 1);
        race.OnDeciding(_running[V6]).ShouldBeTrue();
        Fail(race, V6, 2, RaceStage.Deciding, FailureReason.ConnectionLost);
        (race.IsOver, race.Outcome.Stage).ShouldBe((true, RaceStage.Deciding));
        race.TakeActions().ShouldBeEmpty();
    }

    [Fact]
    public void A_cookie_that_was_refused_anywhere_is_part_of_the_outcome()
    {
        var race = Race(V6, V4);
        Started(race);
        Answer(race, V6, Carol, 1);
        Fail(race, V6, 2, RaceStage.Proving, FailureReason.ConnectionLost);
        Started(race);
        Answer(race, V4, Pair.Bob, 3);
        race.OnFailed(_running[V4], new RaceFailure(RaceStage.Proving, FailureReason.AuthenticationFailed, "no") { IsProofRefused = true }, 4);
        (race.Outcome.Reason, race.Outcome.IsProofRefused).ShouldBe((FailureReason.ConnectionLost, true));
    }

    [Fact]
    public void What_comes_after_the_end_changes_nothing_and_what_was_cancelled_ends_nothing()
    {
        var race = NameRace(V4, V6);
        Started(race);
        At(race, 250);
        Answer(race, V4, Pair.Bob, 300);
        race.OnWon(_running[V6]);
        race.IsOver.ShouldBeFalse("that way was cancelled");

        race.OnWon(_running[V4]);
        race.TakeActions();
        Fail(race, V4, 400);
        race.OnResolved(Name, IpFamily.V6, [], 400);
        race.OnResolved(Name, IpFamily.V4, [], 400);
        Answer(race, V6, Pair.Bob, 400).ShouldBeFalse();
        race.Failures.ShouldBeEmpty();
        race.TakeActions().ShouldBeEmpty();
    }

    [Fact]
    public void A_way_that_has_given_way_is_not_decided_on()
    {
        var race = Race(V6, V4);
        Started(race);
        Answer(race, V6, Pair.Bob, 100);
        At(race, 5_100).ShouldBe([V4]);
        Answer(race, V4, Pair.Bob, 5_200).ShouldBeTrue();
        race.OnDeciding(_running[V6]).ShouldBeFalse();
        race.OnDeciding(_running[V4]).ShouldBeTrue();
    }

    [Fact]
    public void One_endpoint_takes_part_once_and_a_name_is_looked_up_once()
    {
        var race = NameRace(new DirectWay(Name), V4, V4);
        race.TakeActions().ShouldBe([new ResolveName(Name), new StartWay(1, V4)]);
        race.OnResolved(Name, IpFamily.V4, [Ip("10.0.0.9"), Ip("10.0.0.9")], 0);
        race.OnResolved(Name, IpFamily.V6, [], 0);
        Everything(race).ShouldBe([new DirectWay(Name, Ip("10.0.0.9"))]);
    }

    [Fact]
    public void Of_one_name_and_in_all_only_so_many_addresses_take_part()
    {
        var limits = new RaceLimits { MaxPerName = 2, MaxWays = 4 };
        var race = new DialRace(new StartDial(1, [new DirectWay(Name), V4, Relayed]), static a => a == Name, limits, 0);
        race.OnResolved(Name, IpFamily.V6, [Ip("fd00::1"), Ip("fd00::2"), Ip("fd00::3")], 0);
        race.OnResolved(Name, IpFamily.V4, [Ip("10.0.0.8"), Ip("10.0.0.9")], 0);
        Everything(race).ShouldBe([V4, Relayed, new DirectWay(Name, Ip("fd00::1")), new DirectWay(Name, Ip("fd00::2"))], ignoreOrder: true);
    }

    /// <summary>All that it ever starts, as nobody answers.</summary>
    private List<DialWay> Everything(DialRace race)
    {
        var all = Started(race);
        for (long now = 0; now < 10_000; now += 50)
            all.AddRange(At(race, now));
        return all;
    }

    private static IPAddress Ip(string text) => IPAddress.Parse(text);

    private static DirectWay Way(string address) => new(NodeAddress.Parse(address));

    private static DialRace Race(params DialWay[] ways) => new(new StartDial(1, ways), static _ => false, new RaceLimits(), 0);

    private static DialRace NameRace(params DialWay[] more)
    {
        var race = new DialRace(new StartDial(1, [new DirectWay(Name), .. more]), static a => a == Name, new RaceLimits(), 0);
        if (more.Length == 0)
            race.TakeActions().ShouldBe([new ResolveName(Name)]);
        return race;
    }

    private List<DialWay> At(DialRace race, long now)
    {
        race.Tick(now);
        return Started(race);
    }

    /// <summary>What is to be started; nothing else is asked for.</summary>
    private List<DialWay> Started(DialRace race)
    {
        var started = race.TakeActions().OfType<StartWay>().ToList();
        started.ForEach(start => _running[start.Way] = start.Run);
        return [.. started.Select(start => start.Way)];
    }

    private bool Answer(DialRace race, DialWay way, PeerKey who, long now) => race.OnAnswered(_running[way], who.Did, now);

    private void Fail(
        DialRace race, DialWay way, long now, RaceStage stage = RaceStage.Connecting, FailureReason reason = FailureReason.Unreachable) =>
        race.OnFailed(_running[way], new RaceFailure(stage, reason, "no"), now);

    private void Refuse(DialRace race, DialWay way, long now) =>
        race.OnFailed(_running[way], new RaceFailure(RaceStage.Proving, FailureReason.Busy, "no") { IsRefused = true }, now);
}
