using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>Who is a peer, in which life, and from when until when.</summary>
public class PeerBookTests : PeerBookFixture
{
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
        book.OnVerdict(Pair.Bob, Second, held: null, proved: book.Moment, now: 0).ShouldBe(new VerdictDecision(Yes, Last: null, Counter: 1));
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
        var decision = book.OnVerdict(Pair.Bob, First, held: null, proved: book.Moment, now: 0);
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
        book.OnVerdict(Pair.Bob, First, held: null, proved: book.Moment, now: 0).Refusal.ShouldBe(RefusalReason.Stale);
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
    public void The_own_key_and_the_own_name_are_refused()
    {
        var book = Book(Pair.Alice);
        var renamed = new PeerKey(Pair.Alice.Did, Pair.Bob.Name);
        book.OnProof(renamed, First, now: 0).Refusal.ShouldBe(RefusalReason.Self);
        book.OnVerdict(renamed, First, held: null, proved: book.Moment, now: 0).Refusal.ShouldBe(RefusalReason.Self);
        book.OnProof(Pair.Key("alice", 1), First, now: 0).Refusal.ShouldBe(RefusalReason.NameTaken);
    }

    [Fact]
    public void A_name_stays_with_its_key_while_connected_and_for_ten_minutes_after()
    {
        var book = Book(Pair.Alice);
        var thief = Pair.Key("bob", 1);
        Accept(book, Pair.Bob, link: 1, counter: 1);
        book.OnProof(thief, First, now: 100_000_000).Refusal.ShouldBe(RefusalReason.NameTaken);
        book.OnVerdict(thief, First, held: null, proved: book.Moment, now: 100_000_000).Refusal.ShouldBe(RefusalReason.NameTaken);
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
        book.OnVerdict(Pair.Key("d"), First, held: null, proved: book.Moment, now: 0).Refusal.ShouldBe(RefusalReason.Busy);
        Accept(book, Pair.Key("c"), link: 4, counter: 2).ShouldBe(Yes);

        book.OnEnded(1, EndReason.TransportError, now: 10);
        Accept(book, Pair.Key("d"), link: 5, counter: 1, now: 600_009).ShouldBe(RefusalReason.Busy);
        Accept(book, Pair.Key("d"), link: 6, counter: 1, now: 600_010).ShouldBe(Yes);
        book.Find(Pair.Key("b")).ShouldBeNull();
    }
}
