namespace Firn.Protocol.Tests;

/// <summary>Dials that somebody waits for, and those that nobody wants any more.</summary>
public class DialRequestTests : DialBookFixture
{
    [Fact]
    public void What_the_program_asked_for_is_given_up_and_reported_when_it_fails()
    {
        var book = Book();
        book.Request(7, Here, 0);
        Fail(book, TakeDial()!, 10);
        Take().ShouldBe([new FailDial(7, new DialFailure(FailureReason.Unreachable, "no"))]);
        book.Targets.ShouldBeEmpty();
    }

    [Fact]
    public void What_the_program_asked_for_is_kept_up_once_it_was_connected()
    {
        var book = Book();
        book.Request(7, Here, 0);
        var dial = TakeDial()!;
        Reach(book, dial, Pair.Bob, 5);
        Take().ShouldBe([new CompleteDial(7, Pair.Bob)]);

        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 1_000);
        book.Tick(book.NextDue);
        Fail(book, TakeDial()!, 2_000);
        book.Tick(book.NextDue);
        TakeDial().ShouldNotBeNull();
    }

    [Fact]
    public void A_request_joins_an_attempt_that_is_under_way()
    {
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        book.Request(7, Here, 1);
        book.Request(8, Here, 2);
        TakeDial().ShouldBeNull();
        Reach(book, dial, Pair.Bob, 5);
        Take().ShouldBe([new CompleteDial(7, Pair.Bob), new CompleteDial(8, Pair.Bob)], ignoreOrder: true);
    }

    [Fact]
    public void A_request_for_what_is_connected_completes_at_once()
    {
        var book = Connected(DialKind.Configured);
        book.Request(7, Here, 1);
        Take().ShouldBe([new CompleteDial(7, Pair.Bob)]);
    }

    [Fact]
    public void A_request_does_not_wait_for_the_backoff_or_for_a_free_place()
    {
        var book = Book(new DialLimits { MaxConcurrent = 1 });
        book.Configure(Here, 0);
        book.Configure(There, 0);
        book.Tick(0);
        Fail(book, TakeDial()!, 0);
        book.Tick(0);
        TakeDial()!.Address.ShouldBe(There);
        book.Request(7, Here, 1);
        TakeDial()!.Address.ShouldBe(Here);
    }

    [Fact]
    public void A_request_that_nobody_waits_for_any_more_gets_no_answer()
    {
        var book = Book();
        book.Request(7, Here, 0);
        var dial = TakeDial()!;
        book.Cancel(7);
        Reach(book, dial, Pair.Bob, 1);
        Take().ShouldBeEmpty();
        book.Targets.ShouldHaveSingleItem().State.ShouldBe(DialState.Satisfied);
    }

    [Fact]
    public void A_dial_that_met_a_crossing_one_completes_with_the_survivor()
    {
        var book = Book();
        book.Request(7, Here, 0);
        var dial = TakeDial()!;
        book.OnReached(dial.Link, Pair.Bob);
        book.OnYielded(dial.Link, isUp: false, 10);
        Take().ShouldBeEmpty();
        book.OnUp(Pair.Bob, 20);
        Take().ShouldBe([new CompleteDial(7, Pair.Bob)]);
    }

    [Fact]
    public void A_peer_that_was_hung_up_is_not_learnt_again_until_it_was_up()
    {
        var book = Connected(DialKind.Mesh);
        book.OnDown(Pair.Bob, EndReason.Hangup, isFinal: false, 1);
        book.Targets.ShouldBeEmpty();
        book.Learn(Pair.Bob, [There], isUp: false, 2);
        book.Targets.ShouldBeEmpty();

        book.OnUp(Pair.Bob, 3);
        book.Learn(Pair.Bob, [There], isUp: true, 4);
        book.Targets.ShouldHaveSingleItem().State.ShouldBe(DialState.Satisfied);
    }

    [Fact]
    public void After_a_hangup_only_somebody_who_asks_has_it_dialled()
    {
        var book = Connected(DialKind.Configured);
        book.OnDown(Pair.Bob, EndReason.Hangup, isFinal: false, 1);
        book.NextDue.ShouldBe(long.MaxValue);
        book.Request(7, Here, 2);
        Reach(book, TakeDial()!, Pair.Bob, 3);
        Take().ShouldBe([new CompleteDial(7, Pair.Bob)]);
    }

    [Fact]
    public void A_dial_by_address_that_leads_to_a_peer_that_was_hung_up_rests()
    {
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        book.OnDown(Pair.Bob, EndReason.Hangup, isFinal: false, 1);
        book.OnReached(dial.Link, Pair.Bob).ShouldBeFalse();
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void A_dial_under_way_whose_peer_is_hung_up_is_not_tried_again()
    {
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        book.OnReached(dial.Link, Pair.Bob).ShouldBeTrue();
        book.OnDown(Pair.Bob, EndReason.Hangup, isFinal: false, 1);
        book.IsUnwanted(dial.Link, Pair.Bob).ShouldBeTrue();
        Fail(book, dial, 2);
        book.NextDue.ShouldBe(long.MaxValue);
    }
}
