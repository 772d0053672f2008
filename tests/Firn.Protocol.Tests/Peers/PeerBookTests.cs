using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>The rules of one session per pair, one by one; A is alice, whose name is smaller than bob's.</summary>
public class PeerBookTests
{
    private const RefusalReason Yes = RefusalReason.Unspecified;
    private static readonly Incarnation First = new(1);
    private static readonly Incarnation Second = new(2);

    private readonly List<NodeAction> _actions = [];

    private PeerBook Book(PeerKey self, PeerBookLimits? limits = null) => new(self, limits ?? new PeerBookLimits(), _actions.Add);

    private List<NodeAction> Take()
    {
        var actions = _actions.ToList();
        _actions.Clear();
        return actions;
    }

    private static SessionId Id(long link) => Pair.Session((ulong)link);

    /// <summary>A Commit of the peer; the link's number names the session too.</summary>
    private static RefusalReason Accept(
        PeerBook book, PeerKey peer, long link, ulong counter, long? last = null, ulong incarnation = 1, long now = 0) =>
        book.OnCommit(link, peer, new Incarnation(incarnation), Id(link), last is { } l ? Id(l) : null, counter, now);

    /// <summary>Our own Commit, as far as it can go without the peer.</summary>
    private static VerdictDecision Commit(PeerBook book, PeerKey peer, long link, SessionId? held = null, long now = 0)
    {
        var decision = book.OnVerdict(peer, First, held, now);
        if (decision.Refusal == Yes)
            book.OnCommitSent(link, peer, First, Id(link), decision, now);
        return decision;
    }

    [Fact]
    public void A_session_is_up_when_the_acceptor_takes_the_Commit_and_ends_with_its_reason()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1).ShouldBe(Yes);
        Take().ShouldBe([new RaisePeerUp(Pair.Bob, First, 1)]);
        book.Up.ShouldHaveSingleItem().Key.ShouldBe(Pair.Bob);

        book.OnEnded(1, EndReason.Timeout, now: 5);
        Take().ShouldBe([new RaisePeerDown(Pair.Bob, First, EndReason.Timeout)]);
        book.Up.ShouldBeEmpty();
    }

    [Fact]
    public void A_session_is_up_when_the_initiator_hears_that_it_was_taken()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1).Refusal.ShouldBe(Yes);
        Take().ShouldBeEmpty();
        book.OnAccepted(1, now: 0).ShouldBeTrue();
        Take().ShouldBe([new RaisePeerUp(Pair.Bob, First, 1)]);
    }

    [Fact]
    public void A_higher_incarnation_replaces_at_once_and_the_earlier_one_is_told()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 7);
        Take();

        // A restarted node counts from 1 again, and names nothing.
        Accept(book, Pair.Bob, link: 2, counter: 1, incarnation: 2).ShouldBe(Yes);
        var actions = Take();
        actions[0].ShouldBeOfType<CloseLink>().ShouldSatisfyAllConditions(c => c.Link.ShouldBe(1), c => c.Reason.ShouldBe(EndReason.Superseded));
        actions[1..].ShouldBe([new RaisePeerDown(Pair.Bob, First, EndReason.Superseded), new RaisePeerUp(Pair.Bob, Second, 2)]);
    }

    [Fact]
    public void A_higher_incarnation_in_the_Verdict_ends_what_belonged_to_the_earlier_one()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1);
        Take();
        book.OnVerdict(Pair.Bob, Second, held: null, now: 0).ShouldBe(new VerdictDecision(Yes, Last: null, Counter: 1));
        Take().OfType<CloseLink>().ShouldHaveSingleItem().Reason.ShouldBe(EndReason.Superseded);
        book.Find(Pair.Bob)!.Held.ShouldBeNull();
    }

    [Fact]
    public void A_higher_incarnation_cuts_what_waits_for_an_answer_of_the_earlier_one()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1);
        Accept(book, Pair.Bob, link: 2, counter: 1, incarnation: 2).ShouldBe(Yes);
        Take().OfType<CloseLink>().ShouldHaveSingleItem().Link.ShouldBe(1);
        book.OnAccepted(1, now: 0).ShouldBeFalse();
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(2);
    }

    [Fact]
    public void A_Commit_to_an_incarnation_that_is_over_does_not_win()
    {
        var book = Book(Pair.Alice);
        var decision = book.OnVerdict(Pair.Bob, First, held: null, now: 0);
        Accept(book, Pair.Bob, link: 2, counter: 1, incarnation: 2);
        book.OnCommitSent(1, Pair.Bob, First, Id(1), decision, now: 0);
        book.OnAccepted(1, now: 0).ShouldBeFalse();
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(2);
    }

    [Fact]
    public void A_lower_incarnation_is_stale_in_Proof_Verdict_and_Commit()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1, incarnation: 2);
        book.OnProof(Pair.Bob, First, now: 0).Refusal.ShouldBe(RefusalReason.Stale);
        book.OnVerdict(Pair.Bob, First, held: null, now: 0).Refusal.ShouldBe(RefusalReason.Stale);
        Accept(book, Pair.Bob, link: 2, counter: 9, incarnation: 1).ShouldBe(RefusalReason.Stale);
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(1);
    }

    [Fact]
    public void Of_two_copies_of_one_identity_the_one_that_started_later_wins_for_good()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1, incarnation: 1);
        Accept(book, Pair.Bob, link: 2, counter: 1, incarnation: 2);
        book.OnEnded(1, EndReason.Superseded, now: 0);
        for (int again = 3; again < 6; again++)
            Accept(book, Pair.Bob, link: again, counter: (ulong)again, incarnation: 1).ShouldBe(RefusalReason.Stale);
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(2);
    }

    [Fact]
    public void A_Commit_that_names_what_is_held_replaces_it_and_nobody_is_told_of_a_loss()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1);
        book.OnAccepted(1, now: 0);
        Take();

        Accept(book, Pair.Bob, link: 2, counter: 1, last: 1).ShouldBe(Yes);
        var actions = Take();
        actions[0].ShouldBe(new SwitchSession(Pair.Bob, 2));
        actions[1].ShouldBeOfType<CloseLink>().ShouldSatisfyAllConditions(c => c.Link.ShouldBe(1), c => c.Reason.ShouldBe(EndReason.Goodbye));
        actions.Count.ShouldBe(2);
    }

    [Fact]
    public void A_Commit_that_does_not_name_the_session_of_our_own_dial_crossed_it_and_yields()
    {
        var book = Book(Pair.Bob);
        Commit(book, Pair.Alice, link: 1);
        book.OnAccepted(1, now: 0);
        Accept(book, Pair.Alice, link: 2, counter: 1).ShouldBe(RefusalReason.Simultaneous);
        book.Find(Pair.Alice)!.Held!.Link.ShouldBe(1);
    }

    [Fact]
    public void Of_two_dials_of_one_peer_the_later_wins_in_whatever_order_they_arrive()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1).ShouldBe(Yes);
        Accept(book, Pair.Bob, link: 3, counter: 3).ShouldBe(Yes);
        Accept(book, Pair.Bob, link: 2, counter: 2).ShouldBe(RefusalReason.Duplicate);
        Accept(book, Pair.Bob, link: 4, counter: 3).ShouldBe(RefusalReason.Duplicate);
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(3);
    }

    [Fact]
    public void An_earlier_dial_stays_refused_after_the_later_one_has_ended()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 2, counter: 2);
        book.OnEnded(2, EndReason.TransportError, now: 0);
        Accept(book, Pair.Bob, link: 1, counter: 1).ShouldBe(RefusalReason.Duplicate);
    }

    [Fact]
    public void Of_crossing_Commits_that_of_the_smaller_name_survives()
    {
        var smaller = Book(Pair.Alice);
        Commit(smaller, Pair.Bob, link: 1);
        Accept(smaller, Pair.Bob, link: 2, counter: 1).ShouldBe(RefusalReason.Simultaneous);

        var larger = Book(Pair.Bob);
        Commit(larger, Pair.Alice, link: 2);
        Accept(larger, Pair.Alice, link: 1, counter: 1).ShouldBe(Yes);

        // Had both been taken, both ends would settle on the smaller name's.
        larger.OnAccepted(2, now: 0).ShouldBeFalse();
        larger.Find(Pair.Alice)!.Held!.Link.ShouldBe(1);
    }

    [Fact]
    public void If_both_crossing_Commits_were_taken_the_smaller_name_keeps_its_own()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1, now: 0);
        Accept(book, Pair.Bob, link: 2, counter: 1, now: 2_000).ShouldBe(Yes);
        book.OnAccepted(1, now: 2_100).ShouldBeTrue();
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(1);
    }

    [Fact]
    public void A_Commit_that_names_our_unanswered_one_replaces_it()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1);
        Accept(book, Pair.Bob, link: 2, counter: 1, last: 1).ShouldBe(Yes);
        book.OnAccepted(1, now: 0).ShouldBeFalse();
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(2);
    }

    [Fact]
    public void A_Commit_that_names_our_unanswered_one_replaces_what_we_had_before_that_too()
    {
        var book = Book(Pair.Bob);
        Commit(book, Pair.Alice, link: 1, now: 0);
        book.OnAccepted(1, now: 0);
        Commit(book, Pair.Alice, link: 2, held: null, now: 10_000).Refusal.ShouldBe(Yes);
        Accept(book, Pair.Alice, link: 3, counter: 1, last: 2, now: 10_000).ShouldBe(Yes);
    }

    [Fact]
    public void The_end_of_a_dial_that_lost_leaves_the_winner_alone()
    {
        var book = Book(Pair.Bob);
        Commit(book, Pair.Alice, link: 1);
        Accept(book, Pair.Alice, link: 2, counter: 1);
        book.OnAccepted(1, now: 0).ShouldBeFalse();
        book.OnEnded(1, EndReason.Goodbye, now: 0);
        book.Find(Pair.Alice)!.Held!.Link.ShouldBe(2);
    }

    [Fact]
    public void The_answer_to_an_earlier_Commit_of_ours_comes_too_late()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1, now: 0);
        Commit(book, Pair.Bob, link: 2, now: 2_000);
        book.OnAccepted(2, now: 2_100).ShouldBeTrue();
        book.OnAccepted(1, now: 2_200).ShouldBeFalse();
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(2);
    }

    [Fact]
    public void A_tarpit_that_never_answers_a_Commit_keeps_the_peers_own_dial_out_for_two_seconds_at_most()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1, now: 1_000);
        Accept(book, Pair.Bob, link: 2, counter: 1, now: 2_999).ShouldBe(RefusalReason.Simultaneous);
        Accept(book, Pair.Bob, link: 3, counter: 2, now: 3_000).ShouldBe(Yes);
    }

    [Fact]
    public void A_tarpit_before_the_Commit_keeps_nobody_out()
    {
        var book = Book(Pair.Alice);
        book.OnVerdict(Pair.Bob, First, held: null, now: 0).Refusal.ShouldBe(Yes);
        Accept(book, Pair.Bob, link: 2, counter: 1).ShouldBe(Yes);
    }

    [Fact]
    public void A_dial_that_reaches_a_peer_whose_session_both_hold_completes_with_that()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1);
        book.OnProof(Pair.Bob, First, now: 0).ShouldBe(new ProofDecision(Yes, Id(1)));
        Commit(book, Pair.Bob, link: 2, held: Id(1)).Refusal.ShouldBe(RefusalReason.Duplicate);
    }

    [Fact]
    public void A_dial_to_a_peer_that_holds_another_session_than_we_replaces_it_and_names_ours()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1);
        Commit(book, Pair.Bob, link: 2, held: Id(9)).ShouldBe(new VerdictDecision(Yes, Id(1), 1));
    }

    [Fact]
    public void A_second_dial_waits_for_a_Commit_that_is_under_way_unless_it_is_stuck()
    {
        var book = Book(Pair.Alice);
        Commit(book, Pair.Bob, link: 1, now: 0).Counter.ShouldBe(1u);
        Commit(book, Pair.Bob, link: 2, now: 1_999).Refusal.ShouldBe(RefusalReason.Duplicate);
        Commit(book, Pair.Bob, link: 3, now: 2_000).ShouldBe(new VerdictDecision(Yes, null, 2));
    }

    [Fact]
    public void The_end_of_a_replaced_or_unknown_link_touches_nobody()
    {
        var book = Book(Pair.Alice);
        Accept(book, Pair.Bob, link: 1, counter: 1);
        Accept(book, Pair.Bob, link: 2, counter: 2);
        Take();
        book.OnEnded(1, EndReason.TransportError, now: 0);
        book.OnEnded(77, EndReason.TransportError, now: 0);
        Take().ShouldBeEmpty();
        book.Find(Pair.Bob)!.Held!.Link.ShouldBe(2);
        book.FindByLink(1).ShouldBeNull();
    }

    [Fact]
    public void A_goodbye_before_the_answer_to_the_Commit_that_replaces_it_is_no_loss()
    {
        var book = Book(Pair.Bob);
        Accept(book, Pair.Alice, link: 1, counter: 1);
        Commit(book, Pair.Alice, link: 2);
        Take();
        book.OnEnded(1, EndReason.Goodbye, now: 0);
        Take().ShouldBeEmpty();
        book.OnAccepted(2, now: 0).ShouldBeTrue();
        Take().ShouldBe([new SwitchSession(Pair.Alice, 2)]);
    }

    [Fact]
    public void A_goodbye_is_a_loss_after_all_when_the_Commit_that_was_to_replace_it_fails()
    {
        var book = Book(Pair.Bob);
        Accept(book, Pair.Alice, link: 1, counter: 1);
        Commit(book, Pair.Alice, link: 2);
        Take();
        book.OnEnded(1, EndReason.Goodbye, now: 0);
        book.OnEnded(2, EndReason.TransportError, now: 0);
        Take().ShouldBe([new RaisePeerDown(Pair.Alice, First, EndReason.Goodbye)]);
    }

    [Fact]
    public void A_break_is_a_loss_even_while_a_Commit_is_under_way()
    {
        var book = Book(Pair.Bob);
        Accept(book, Pair.Alice, link: 1, counter: 1);
        Commit(book, Pair.Alice, link: 2);
        Take();
        book.OnEnded(1, EndReason.TransportError, now: 0);
        Take().ShouldBe([new RaisePeerDown(Pair.Alice, First, EndReason.TransportError)]);
    }

    [Fact]
    public void The_own_key_and_the_own_name_are_refused()
    {
        var book = Book(Pair.Alice);
        var renamed = new PeerKey(Pair.Alice.Did, Pair.Bob.Name);
        book.OnProof(renamed, First, now: 0).Refusal.ShouldBe(RefusalReason.Self);
        book.OnVerdict(renamed, First, held: null, now: 0).Refusal.ShouldBe(RefusalReason.Self);
        book.OnProof(Pair.Key("alice", 1), First, now: 0).Refusal.ShouldBe(RefusalReason.NameTaken);
    }

    [Fact]
    public void A_name_stays_with_its_key_while_connected_and_for_ten_minutes_after()
    {
        var book = Book(Pair.Alice);
        var thief = Pair.Key("bob", 1);
        Accept(book, Pair.Bob, link: 1, counter: 1);
        book.OnProof(thief, First, now: 100_000_000).Refusal.ShouldBe(RefusalReason.NameTaken);
        book.OnVerdict(thief, First, held: null, now: 100_000_000).Refusal.ShouldBe(RefusalReason.NameTaken);
        Accept(book, thief, link: 2, counter: 1, now: 100_000_000).ShouldBe(RefusalReason.NameTaken);

        book.OnEnded(1, EndReason.TransportError, now: 100_000_000);
        Accept(book, thief, link: 3, counter: 1, now: 100_599_999).ShouldBe(RefusalReason.NameTaken);
        Accept(book, thief, link: 4, counter: 1, now: 100_600_000).ShouldBe(Yes);
        Accept(book, Pair.Bob, link: 5, counter: 2, now: 100_600_000).ShouldBe(RefusalReason.NameTaken);
    }

    [Fact]
    public void No_more_peers_are_remembered_than_the_limit_and_old_ones_make_room()
    {
        var book = Book(Pair.Alice, new PeerBookLimits { MaxPeers = 2 });
        Accept(book, Pair.Key("b"), link: 1, counter: 1);
        Accept(book, Pair.Key("c"), link: 2, counter: 1);
        Accept(book, Pair.Key("d"), link: 3, counter: 1).ShouldBe(RefusalReason.Busy);
        book.OnVerdict(Pair.Key("d"), First, held: null, now: 0).Refusal.ShouldBe(RefusalReason.Busy);
        Accept(book, Pair.Key("c"), link: 4, counter: 2).ShouldBe(Yes);

        book.OnEnded(1, EndReason.TransportError, now: 10);
        Accept(book, Pair.Key("d"), link: 5, counter: 1, now: 600_009).ShouldBe(RefusalReason.Busy);
        Accept(book, Pair.Key("d"), link: 6, counter: 1, now: 600_010).ShouldBe(Yes);
        book.Find(Pair.Key("b")).ShouldBeNull();
    }
}
