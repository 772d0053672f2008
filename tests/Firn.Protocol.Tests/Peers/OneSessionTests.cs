using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>One session per pair, rule by rule: which of two stays, and what the loser's end means.</summary>
public class OneSessionTests : PeerBookFixture
{
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
        book.OnVerdict(Pair.Bob, First, held: null, proved: book.Moment, now: 0).Refusal.ShouldBe(Yes);
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
}
