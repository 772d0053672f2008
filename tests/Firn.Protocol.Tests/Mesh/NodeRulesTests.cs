using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>What the peer book and the dial book decide together: copies, crossings, hang-ups.</summary>
public class NodeRulesTests : NodeRulesFixture
{
    [Fact]
    public void A_node_that_is_told_Superseded_warns_and_does_not_come_back()
    {
        Rules.Configure(Seed, 0);
        long link = Connect(Dials(Rules).Single());
        Rules.TakeActions();
        Rules.OnSessionEnded(link, EndReason.Superseded, isTold: true, 1_000);
        Rules.TakeActions().OfType<RaiseWarning>().ShouldHaveSingleItem().Message.ShouldContain("copy of its identity");
        Rules.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void Only_the_peers_own_word_that_a_newer_copy_runs_is_final()
    {
        Rules.Configure(Seed, 0);
        long link = Connect(Dials(Rules).Single());
        Rules.TakeActions();
        Rules.OnSessionEnded(link, EndReason.Superseded, isTold: false, 1_000);
        Rules.TakeActions().OfType<RaiseWarning>().ShouldBeEmpty();
        Dials(Rules, 10_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_node_that_replaces_an_earlier_life_of_its_peer_is_not_warned_and_stays_content()
    {
        Rules.Configure(Seed, 0);
        Connect(Dials(Rules).Single());
        Rules.OnCommit(Rules.NewLink(), Pair.Bob, Policies.Cookie, new Incarnation(2), Pair.Session(50), null, 1, 1_000).ShouldBe(RefusalReason.Unspecified);
        Rules.TakeActions().OfType<RaiseWarning>().ShouldBeEmpty();
        Rules.Dials.Targets.Single().State.ShouldBe(DialState.Satisfied);
    }

    [Fact]
    public void A_node_that_is_refused_as_stale_warns_and_does_not_dial_again()
    {
        Rules.Configure(Seed, 0);
        long link = Dials(Rules).Single().Link;
        Rules.OnDialFailed(link, RefusalReason.Stale, new DialFailure(FailureReason.Stale, "stale"), 0);
        Rules.TakeActions().OfType<RaiseWarning>().ShouldHaveSingleItem();
        Dials(Rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_stale_copy_of_a_peer_at_a_configured_address_does_not_end_the_redialling()
    {
        Rules.OnCommit(Rules.NewLink(), Pair.Bob, Policies.Cookie, new Incarnation(2), Pair.Session(50), null, 1, 0);
        Rules.Configure(Seed, 0);
        long link = Dials(Rules).Single().Link;
        Rules.OnVerdict(link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0).Refusal.ShouldBe(RefusalReason.Stale);
        Rules.OnDialFailed(link, RefusalReason.Unspecified, new DialFailure(FailureReason.Stale, "stale"), 0);
        Rules.TakeActions().OfType<RaiseWarning>().ShouldBeEmpty();
        Dials(Rules, 1_000_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_dial_refused_as_simultaneous_completes_with_the_session_that_won()
    {
        Rules.Request(7, Seed, 0);
        var dial = Rules.TakeActions().OfType<StartDial>().Single();
        var decision = Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);
        Rules.OnCommitSent(dial.Link, Pair.Bob, Policies.Cookie, First, Pair.Session(9), decision, 0);
        Rules.OnDialFailed(dial.Link, RefusalReason.Simultaneous, new DialFailure(FailureReason.ConnectionLost, "crossed"), 0);
        Rules.TakeActions().ShouldBeEmpty();
        Accept(Rules, Pair.Bob);
        Rules.TakeActions().OfType<CompleteDial>().ShouldBe([new CompleteDial(7, Pair.Bob)]);
    }

    [Fact]
    public void A_hangup_tells_the_peer_and_nothing_redials_it()
    {
        Rules.Hangup(Pair.Bob, 0).ShouldBeFalse();
        Rules.Configure(Seed, 0);
        long link = Connect(Dials(Rules).Single());
        Tell(Rules, link, Sign(Pair.Bob, 1, "10.0.0.2:1"));
        Rules.TakeActions();

        Rules.Hangup(Pair.Bob, 1_000).ShouldBeTrue();
        var actions = Rules.TakeActions();
        actions[0].ShouldBeOfType<CloseLink>().ShouldSatisfyAllConditions(c => c.Link.ShouldBe(link), c => c.Reason.ShouldBe(EndReason.Hangup));
        actions[1].ShouldBe(new RaisePeerDown(Pair.Bob, First, EndReason.Hangup));
        Dials(Rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_session_that_comes_of_a_dial_from_before_the_hangup_is_hung_up_too()
    {
        var first = Accept(Rules, Pair.Bob);
        Rules.Configure(Seed, 0);
        var dial = Dials(Rules).Single();
        var decision = Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);
        Rules.OnCommitSent(dial.Link, Pair.Bob, Policies.Cookie, First, Pair.Session(9), decision, 0);
        Rules.Hangup(Pair.Bob, 0).ShouldBeTrue();
        Rules.TakeActions().OfType<CloseLink>().ShouldHaveSingleItem().Link.ShouldBe(first);

        Rules.OnAccepted(dial.Link, 10).ShouldBeTrue();
        Rules.TakeActions().OfType<CloseLink>().ShouldHaveSingleItem().ShouldBe(new CloseLink(dial.Link, EndReason.Hangup, "hung up"));
        Rules.IsUp(Pair.Bob).ShouldBeFalse();
        Dials(Rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_hangup_between_two_sessions_holds_for_the_one_that_comes()
    {
        long first = Accept(Rules, Pair.Bob);
        Rules.Configure(Seed, 0);
        var dial = Dials(Rules).Single();
        var decision = Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);
        Rules.OnCommitSent(dial.Link, Pair.Bob, Policies.Cookie, First, Pair.Session(9), decision, 0);
        Rules.OnSessionEnded(first, EndReason.Goodbye, isTold: true, 0);
        Rules.Hangup(Pair.Bob, 0).ShouldBeTrue();
        Rules.OnAccepted(dial.Link, 10).ShouldBeTrue();
        Rules.IsUp(Pair.Bob).ShouldBeFalse();
        Dials(Rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_dial_that_turns_out_to_lead_to_a_peer_that_was_hung_up_is_ended_at_the_Verdict()
    {
        Accept(Rules, Pair.Bob);
        Rules.Configure(Seed, 0);
        var dial = Dials(Rules).Single();
        Rules.Hangup(Pair.Bob, 0);
        Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0).Refusal.ShouldBe(RefusalReason.Duplicate);
        Dials(Rules, 1_000_000).ShouldBeEmpty();
    }

    /// <summary>Bob has dialled as well, and was faster; that he is hung up ends both.</summary>
    [Fact]
    public void A_dial_that_another_session_overtook_does_not_undo_a_hangup()
    {
        var dial = DialToldBob();
        Accept(Rules, Pair.Bob);
        Rules.Hangup(Pair.Bob, 0).ShouldBeTrue();

        var decision = Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);

        decision.Refusal.ShouldBe(RefusalReason.Duplicate);
    }

    /// <summary>Bob has hung up before the Verdict, and this node hears of it after its Commit.</summary>
    [Fact]
    public void A_dial_that_another_session_overtook_is_hung_up_with_it_though_its_commit_is_on_its_way()
    {
        var dial = DialToldBob();
        long link = Accept(Rules, Pair.Bob);
        var decision = Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);
        Rules.OnCommitSent(dial.Link, Pair.Bob, Policies.Cookie, First, Pair.Session(99), decision, 0);
        Rules.OnSessionEnded(link, EndReason.Hangup, isTold: true, 0);

        Rules.OnAccepted(dial.Link, 0).ShouldBeTrue();

        Rules.IsUp(Pair.Bob).ShouldBeFalse();
        Rules.TakeActions().OfType<CloseLink>().ShouldContain(close => close.Link == dial.Link && close.Reason == EndReason.Hangup);
    }

    [Fact]
    public void A_dial_that_another_session_overtook_is_welcome_to_who_has_asked_since()
    {
        var dial = DialToldBob();
        Accept(Rules, Pair.Bob);
        Rules.Hangup(Pair.Bob, 0);
        Rules.Request(1, Pair.Bob.Did, 0);

        var decision = Rules.OnVerdict(dial.Link, Pair.Bob, Policies.Cookie, First, held: null, Rules.Peers.Moment, 0);

        decision.Refusal.ShouldBe(RefusalReason.Unspecified);
    }

    private StartDial DialToldBob()
    {
        Tell(Rules, Accept(Rules, Carol), Sign(Pair.Bob, 1, "10.0.0.3:1"));
        return Dials(Rules).ShouldHaveSingleItem();
    }
}
