namespace Firn.Protocol.Tests;

public class DialBookTests
{
    private static readonly NodeAddress Here = NodeAddress.Parse("10.0.0.1:1");
    private static readonly NodeAddress There = NodeAddress.Parse("10.0.0.2:1");

    private readonly List<NodeAction> _actions = [];
    private readonly List<PeerKey> _givenUp = [];
    private double _random;
    private long _lastLink;

    private DialBook Book(DialLimits? limits = null) => new(limits ?? new DialLimits(), () => _random, () => ++_lastLink, _actions.Add, _givenUp.Add);

    private List<NodeAction> Take()
    {
        var actions = _actions.ToList();
        _actions.Clear();
        return actions;
    }

    private StartDial? TakeDial() => Take().OfType<StartDial>().SingleOrDefault();

    private static void Fail(DialBook book, StartDial dial, long now, FailureReason reason = FailureReason.Unreachable) =>
        book.OnFailed(dial.Link, reason, "no", isFinal: false, now);

    private static void Reach(DialBook book, StartDial dial, PeerKey peer, long now)
    {
        book.OnReached(dial.Link, peer).ShouldBeTrue();
        book.OnUp(peer, now);
        book.OnYielded(dial.Link, isUp: true, now);
    }

    /// <summary>A book whose only target, of that kind, is connected with Bob since time 0.</summary>
    private DialBook Connected(DialKind kind)
    {
        var book = Book();
        if (kind == DialKind.Mesh)
            book.Learn(Pair.Bob, [Here], isUp: false, 0);
        else
            book.Add(kind, Here, 0);
        book.Tick(0);
        Reach(book, TakeDial()!, Pair.Bob, 0);
        Take();
        return book;
    }

    [Fact]
    public void Each_failure_doubles_the_longest_delay_up_to_thirty_seconds()
    {
        var book = Book();
        book.Add(DialKind.Configured, Here, 0);
        _random = 0.999_999_9;
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
        book.Add(DialKind.Configured, Here, 100);
        book.Tick(99);
        TakeDial().ShouldBeNull();
        book.NextDue.ShouldBe(100);
        book.Tick(100);
        TakeDial().ShouldBe(new StartDial(1, Here, null));
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
        book.Add(DialKind.Configured, Here, 0);
        book.Tick(0);
        book.OnFailed(TakeDial()!.Link, FailureReason.Stale, "no", isFinal: true, 0);
        Take().ShouldBe([new ReportDialFailure(Here, FailureReason.Stale, "no", WillRetry: false)]);
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void The_own_address_is_not_dialled_again()
    {
        var book = Book();
        book.Add(DialKind.Configured, Here, 0);
        book.Tick(0);
        Fail(book, TakeDial()!, 0, FailureReason.Self);
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void A_stable_minute_resets_the_backoff_and_a_short_one_does_not()
    {
        var book = Connected(DialKind.Configured);
        _random = 0.999_999_9;
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
    public void What_the_program_asked_for_is_given_up_and_reported_when_it_fails()
    {
        var book = Book();
        book.Request(7, Here, 0);
        Fail(book, TakeDial()!, 10);
        Take().ShouldBe([new FailDial(7, FailureReason.Unreachable, "no")]);
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
        book.Add(DialKind.Configured, Here, 0);
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
        book.Add(DialKind.Configured, Here, 0);
        book.Add(DialKind.Configured, There, 0);
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
    public void A_survivor_that_does_not_come_up_in_three_seconds_is_not_waited_for()
    {
        var book = Book();
        book.Add(DialKind.Configured, Here, 0);
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
        book.Add(DialKind.Configured, Here, 0);
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
            book.Add(DialKind.Configured, NodeAddress.Parse($"10.0.0.{i}:1"), 10 - i);
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
    public void All_addresses_of_a_peer_are_tried_in_one_round()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here, There], isUp: false, 0);
        book.Tick(0);
        var first = TakeDial()!;
        first.ShouldBe(new StartDial(1, Here, Pair.Bob));
        Fail(book, first, 10);
        book.NextDue.ShouldBe(10);
        book.Tick(10);
        var second = TakeDial()!;
        second.Address.ShouldBe(There);
        Fail(book, second, 20);
        book.NextDue.ShouldBe(20 + Backoff.Floor);
    }

    [Fact]
    public void A_node_of_this_machine_that_has_gone_is_dropped_after_so_many_rounds()
    {
        var book = Book(new DialLimits { MaxFailures = 2 });
        book.Add(DialKind.Local, Here, 0);
        book.Tick(0);
        Reach(book, TakeDial()!, Pair.Bob, 0);
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 100);

        for (int round = 0; round < 2; round++)
        {
            long due = book.NextDue;
            book.Tick(due);
            Fail(book, TakeDial()!, due);
        }

        book.Targets.ShouldBeEmpty();
    }

    [Fact]
    public void A_told_peer_that_was_never_reached_is_dropped_after_so_many_rounds()
    {
        var book = Book(new DialLimits { MaxFailures = 2 });
        book.Learn(Pair.Bob, [Here, There], isUp: false, 0);
        for (int attempt = 1; attempt <= 4; attempt++)
        {
            book.Targets.Count.ShouldBe(1);
            book.Tick(attempt * 100_000);
            Fail(book, TakeDial()!, attempt * 100_000);
        }

        book.Targets.ShouldBeEmpty();
        _givenUp.ShouldBe([Pair.Bob]);
    }

    [Fact]
    public void A_told_peer_that_refused_for_good_does_not_become_news_again()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here], isUp: false, 0);
        book.Tick(0);
        book.OnFailed(TakeDial()!.Link, FailureReason.Stale, "no", isFinal: true, 0);
        book.Targets.ShouldBeEmpty();
        _givenUp.ShouldBeEmpty();
    }

    [Fact]
    public void A_told_peer_that_was_reached_once_is_not_dropped()
    {
        var book = Connected(DialKind.Mesh);
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 0);
        for (int attempt = 1; attempt <= 20; attempt++)
        {
            book.Tick(attempt * 100_000);
            Fail(book, TakeDial()!, attempt * 100_000);
        }

        book.Targets.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_peer_that_moved_is_tried_at_its_new_address_at_once()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here], isUp: false, 0);
        book.Tick(0);
        Fail(book, TakeDial()!, 0);
        book.Learn(Pair.Bob, [There], isUp: false, 1);
        book.Tick(1);
        TakeDial()!.Address.ShouldBe(There);
        book.Targets.ShouldHaveSingleItem();
    }

    [Fact]
    public void One_told_endpoint_is_tried_every_two_seconds_at_most_whoever_is_said_to_live_there()
    {
        var book = Book();
        for (int i = 0; i < 5; i++)
            book.Learn(Pair.Key($"p{i}"), [Here], isUp: false, 0);
        book.Tick(0);
        TakeDial().ShouldNotBeNull();
        book.NextDue.ShouldBe(2_000);
        book.Tick(1_999);
        TakeDial().ShouldBeNull();
        book.Tick(2_000);
        TakeDial().ShouldNotBeNull();
    }

    [Fact]
    public void An_endpoint_that_everybody_claims_does_not_hold_up_their_other_addresses()
    {
        var book = Book();
        for (int i = 0; i < 5; i++)
            book.Learn(Pair.Key($"p{i}"), [Here, NodeAddress.Parse($"10.0.1.{i}:1")], isUp: false, 0);
        book.Tick(0);
        Take().Cast<StartDial>().Select(d => d.Address.Host).ShouldBe(["10.0.0.1", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4"]);
    }

    [Fact]
    public void What_is_configured_is_bound_by_no_budget_of_told_endpoints()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here], isUp: false, 0);
        book.Add(DialKind.Configured, Here, 0);
        book.Tick(0);
        Take().Count.ShouldBe(2);
    }

    [Fact]
    public void No_more_told_peers_are_kept_than_the_limit()
    {
        var book = Book(new DialLimits { MaxMeshTargets = 2, MaxFailures = 1 });
        for (int i = 0; i < 3; i++)
            book.Learn(Pair.Key($"p{i}"), [Here], isUp: false, 0);
        book.Targets.Count.ShouldBe(2);

        book.Tick(0);
        Fail(book, TakeDial()!, 0);
        book.Learn(Pair.Key("p2"), [There], isUp: false, 0);
        book.Targets.Count.ShouldBe(2);
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
        book.Add(DialKind.Configured, Here, 0);
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
        book.Add(DialKind.Configured, Here, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        book.OnReached(dial.Link, Pair.Bob).ShouldBeTrue();
        book.OnDown(Pair.Bob, EndReason.Hangup, isFinal: false, 1);
        book.IsUnwanted(dial.Link).ShouldBeTrue();
        Fail(book, dial, 2);
        book.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void The_strongest_wish_for_an_address_counts()
    {
        var book = Book();
        book.Add(DialKind.Local, Here, 0);
        book.Add(DialKind.Configured, Here, 0);
        book.Add(DialKind.Local, Here, 0);
        book.Targets.ShouldHaveSingleItem().Kind.ShouldBe(DialKind.Configured);
    }
}
