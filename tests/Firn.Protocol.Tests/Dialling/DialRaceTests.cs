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
    public void One_endpoint_takes_part_once()
    {
        var race = NameRace(new DirectWay(NodeAddress.Parse("db.lan:1")), V4);
        race.OnResolved(Name, IpFamily.V4, [Ip("10.0.0.9"), Ip("10.0.0.9")], 0);
        race.OnResolved(Name, IpFamily.V6, [], 0);
        At(race, 60);
        At(race, 400);
        At(race, 800);
        _running.Count.ShouldBe(2);
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
