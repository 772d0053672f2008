namespace Firn.Protocol.Tests;

/// <summary>When a dial book dials, what it makes of failures and losses.</summary>
public class DialBookTests : DialBookFixture
{
    [Fact]
    public void Each_failure_doubles_the_longest_delay_up_to_thirty_seconds()
    {
        var book = Book();
        book.Configure(Here, 0);
        Drawn = 0.999_999_9;
        long now = 0;
        foreach (long expected in new long[] { 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000 })
        {
            book.Tick(now);
            Fail(book, TakeDial()!, now);
            (book.NextDue - now).ShouldBe(expected);
            now = book.NextDue;
        }
    }

    [Fact]
    public void Nothing_is_dialled_before_it_is_due()
    {
        var book = Book();
        book.Configure(Here, 100);
        book.Tick(99);
        TakeDial().ShouldBeNull();
        book.NextDue.ShouldBe(100);
        book.Tick(100);
        TakeDial()!.ShouldSatisfyAllConditions(dial => dial.Link.ShouldBe(1), dial => dial.Ways.ShouldBe([new DirectWay(Here)]));
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Theory]
    [InlineData(DialKind.Configured, EndReason.TransportError, true)]
    [InlineData(DialKind.Explicit, EndReason.TransportError, true)]
    [InlineData(DialKind.Local, EndReason.Timeout, true)]
    [InlineData(DialKind.Mesh, EndReason.Timeout, true)]
    [InlineData(DialKind.Mesh, EndReason.Goodbye, true)]
    [InlineData(DialKind.Mesh, EndReason.ProtocolError, true)]
    [InlineData(DialKind.Mesh, EndReason.CredentialExpired, true)]
    [InlineData(DialKind.Configured, EndReason.Superseded, true)]
    [InlineData(DialKind.Configured, EndReason.Shutdown, true)]
    [InlineData(DialKind.Explicit, EndReason.Shutdown, false)]
    [InlineData(DialKind.Local, EndReason.Shutdown, false)]
    [InlineData(DialKind.Mesh, EndReason.Shutdown, false)]
    [InlineData(DialKind.Configured, EndReason.Hangup, false)]
    [InlineData(DialKind.Explicit, EndReason.Hangup, false)]
    [InlineData(DialKind.Mesh, EndReason.Hangup, false)]
    internal void Why_a_session_ended_and_who_wanted_it_decide_whether_it_is_redialled(DialKind kind, EndReason reason, bool redials)
    {
        var book = Connected(kind);
        book.OnDown(Pair.Bob, reason, isFinal: false, 1_000);
        book.Tick(100_000);
        (TakeDial() is not null).ShouldBe(redials);
    }

    [Theory]
    [InlineData(DialKind.Configured)]
    [InlineData(DialKind.Mesh)]
    internal void A_peer_that_said_not_to_come_back_is_not_redialled(DialKind kind)
    {
        var book = Connected(kind);
        book.OnDown(Pair.Bob, EndReason.Superseded, isFinal: true, 1_000);
        book.Tick(100_000);
        TakeDial().ShouldBeNull();
    }

    [Fact]
    public void A_refusal_that_is_final_ends_even_a_configured_target()
    {
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        book.OnFailed(TakeDial()!.Link, new DialFailure(FailureReason.Stale, "no"), isFinal: true, 0);
        Take().ShouldBe([new ReportDialFailure(Here, new DialFailure(FailureReason.Stale, "no"), WillRetry: false)]);
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void Each_cookie_is_tried_once_in_a_round_and_the_first_one_again_in_the_next()
    {
        CookieFor = static target => target.Cookie < 2 ? new CookieChoice(target.Cookie, null) : null;
        var book = Book();
        book.Configure(Here, 0);
        foreach (int expected in new[] { 0, 1, 0 })
        {
            book.Tick(book.NextDue);
            book.Targets.Single().Cookie.ShouldBe(expected);
            book.OnFailed(TakeDial()!.Link, new DialFailure(FailureReason.AuthenticationFailed, "no"), isFinal: false, 0, isProofRefused: true);
        }
    }

    [Fact]
    public void When_other_cookies_count_the_first_of_them_is_tried_first()
    {
        CookieFor = static target => target.Cookie < 2 ? new CookieChoice(target.Cookie, null) : null;
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        book.OnFailed(TakeDial()!.Link, new DialFailure(FailureReason.AuthenticationFailed, "no"), isFinal: false, 0, isProofRefused: true);
        book.Targets.Single().Cookie.ShouldBe(1);

        book.Reconsider(0);

        book.Targets.Single().Cookie.ShouldBe(0);
    }

    [Fact]
    public void The_own_address_is_not_dialled_again()
    {
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        Fail(book, TakeDial()!, 0, FailureReason.Self);
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void A_stable_minute_resets_the_backoff_and_a_short_one_does_not()
    {
        var book = Connected(DialKind.Configured);
        Drawn = 0.999_999_9;
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 10_000);
        book.NextDue.ShouldBe(10_500);
        book.Tick(10_500);
        Reach(book, TakeDial()!, Pair.Bob, 10_500);
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 70_499);
        book.NextDue.ShouldBe(71_499);
        book.Tick(71_499);
        Reach(book, TakeDial()!, Pair.Bob, 71_499);
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 131_499);
        book.NextDue.ShouldBe(131_999);
    }

    [Fact]
    public void A_survivor_that_does_not_come_up_in_three_seconds_is_not_waited_for()
    {
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        book.OnReached(dial.Link, Pair.Bob);
        book.OnYielded(dial.Link, isUp: false, 10);
        book.NextDue.ShouldBe(3_010);
        book.Tick(3_009);
        Take().ShouldBeEmpty();
        book.Tick(3_010);
        Take().ShouldHaveSingleItem().ShouldBeOfType<ReportDialFailure>().WillRetry.ShouldBeTrue();
        book.Tick(book.NextDue);
        TakeDial().ShouldNotBeNull();
    }

    [Fact]
    public void A_target_whose_peer_came_up_by_itself_is_content_and_its_late_failure_is_ignored()
    {
        var book = Book();
        book.Configure(Here, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        book.OnReached(dial.Link, Pair.Bob);
        book.OnUp(Pair.Bob, 5);
        Fail(book, dial, 6);
        Take().ShouldBeEmpty();
        book.Targets.ShouldHaveSingleItem().State.ShouldBe(DialState.Satisfied);
    }

    [Fact]
    public void No_more_attempts_run_at_a_time_than_the_limit_and_the_longest_due_is_next()
    {
        var book = Book(new DialLimits { MaxConcurrent = 2 });
        for (int i = 1; i <= 4; i++)
            book.Configure(NodeAddress.Parse($"10.0.0.{i}:1"), 10 - i);
        book.Tick(10);
        var started = Take().Cast<StartDial>().ToList();
        started.Select(d => d.Address.Host).ShouldBe(["10.0.0.4", "10.0.0.3"]);
        book.NextDue.ShouldBe(long.MaxValue);

        // A hanging dial that is due again at once does not starve the ones behind it.
        Fail(book, started[0], 11);
        book.Tick(100_000);
        TakeDial()!.Address.Host.ShouldBe("10.0.0.2");
    }

    [Fact]
    public void A_node_of_this_machine_that_has_gone_is_dropped_after_so_many_rounds()
    {
        var book = Book(new DialLimits { MaxFailures = 2 });
        book.OnFound(Said(DialKind.Local), up: null, 0);
        book.Tick(0);
        Reach(book, TakeDial()!, Pair.Bob, 0);
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 100);

        for (int round = 0; round < 2; round++)
        {
            long due = book.NextDue;
            book.Tick(due);
            Fail(book, TakeDial()!, due);
        }

        book.Targets.ShouldHaveSingleItem().State.ShouldBe(DialState.Stopped);
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void An_address_of_a_name_that_the_user_gave_is_dialled_as_long_as_it_is_said()
    {
        var book = Book(new DialLimits { MaxFailures = 2 });
        book.OnFound(Said(DialKind.Named), up: null, 0);
        for (int round = 0; round < 10; round++)
        {
            long due = book.NextDue;
            book.Tick(due);
            Fail(book, TakeDial()!, due);
        }

        book.OnLost("test", "bob");
        book.Targets.ShouldBeEmpty();
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void The_strongest_wish_for_an_address_counts()
    {
        var book = Book();
        book.Request(7, Here, 0);
        book.Configure(Here, 0);
        book.Targets.ShouldHaveSingleItem().Kind.ShouldBe(DialKind.Configured);

        book.OnFound(new Sighting(DialKind.Found, "mdns", "x", [There], Pair.Bob.Did), up: null, 0);
        book.OnFound(new Sighting(DialKind.Local, "local", "y", [There], Pair.Bob.Did), up: null, 0);
        book.Targets[1].Kind.ShouldBe(DialKind.Local);
    }
}
