namespace Firn.Protocol.Tests;

/// <summary>Peers that others tell of: how many, where and how often they are dialled.</summary>
public class ToldPeersTests : DialBookFixture
{
    [Fact]
    public void All_addresses_of_a_peer_are_ways_of_one_attempt_and_one_attempt_is_a_round()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here, There], isUp: false, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        (dial.Demanded, dial.DidThere).ShouldBe((Pair.Bob, Pair.Bob.Did));
        dial.Ways.ShouldBe([new DirectWay(Here), new DirectWay(There)]);
        Fail(book, dial, 10);
        book.NextDue.ShouldBe(10 + Backoff.Floor);
        book.Targets.Single().Failures.ShouldBe(1);
    }

    [Fact]
    public void The_way_that_made_the_session_is_tried_first_next_time_until_it_fails()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here, There], isUp: false, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        dial.Preferred.ShouldBeNull();
        book.OnAnswered(dial.Link, new DirectWay(There));
        Reach(book, dial, Pair.Bob, 0);

        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 10_000);
        book.Tick(20_000);
        dial = TakeDial()!;
        dial.Preferred.ShouldBe(new DirectWay(There));
        book.OnAnswered(dial.Link, new DirectWay(There));
        Fail(book, dial, 20_000);
        book.Tick(40_000);
        TakeDial()!.Preferred.ShouldBeNull();
    }

    [Fact]
    public void The_way_that_made_a_session_stays_the_first_though_the_peer_has_come_by_itself_since()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here, There], isUp: false, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        book.OnAnswered(dial.Link, new DirectWay(There));
        Reach(book, dial, Pair.Bob, 0);
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 10_000);
        book.Tick(20_000);
        TakeDial().ShouldNotBeNull();

        book.OnUp(Pair.Bob, 20_000);   // while that dial is under way
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 30_000);
        book.Tick(40_000);

        TakeDial()!.Preferred.ShouldBe(new DirectWay(There));
    }

    [Fact]
    public void Relays_come_after_the_addresses_of_a_known_key_and_are_few()
    {
        var book = Book(new DialLimits { MaxRelays = 2 });
        Relays.AddRange([Pair.Key("r1"), Pair.Key("r2"), Pair.Key("r3")]);
        book.Learn(Pair.Bob, [Here], isUp: false, 0);
        book.Configure(There, 0);
        book.Tick(0);
        var dials = Take().OfType<StartDial>().ToList();
        dials.Single(d => d.Address == Here).Ways.ShouldBe(
            [new DirectWay(Here), new RelayedWay(Relays[0], Pair.Bob.Did), new RelayedWay(Relays[1], Pair.Bob.Did)]);
        dials.Single(d => d.Address == There).Ways.ShouldHaveSingleItem("nobody can be asked for by an address");
    }

    [Fact]
    public void The_relay_that_worked_is_among_the_few_that_are_tried()
    {
        var book = Book(new DialLimits { MaxRelays = 1 });
        Relays.AddRange([Pair.Key("r1"), Pair.Key("r2")]);
        book.Learn(Pair.Bob, [Here], isUp: false, 0);
        book.Tick(0);
        var dial = TakeDial()!;
        var second = new RelayedWay(Relays[1], Pair.Bob.Did);
        book.OnAnswered(dial.Link, second);
        Reach(book, dial, Pair.Bob, 0);
        book.OnDown(Pair.Bob, EndReason.TransportError, isFinal: false, 10_000);
        book.Tick(20_000);
        TakeDial()!.Ways.ShouldBe([new DirectWay(Here), second]);
    }

    [Fact]
    public void A_told_peer_that_was_never_reached_is_dropped_after_so_many_rounds()
    {
        var book = Book(new DialLimits { MaxFailures = 2 });
        book.Learn(Pair.Bob, [Here, There], isUp: false, 0);
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            book.Targets.Count.ShouldBe(1);
            book.Tick(attempt * 100_000);
            Fail(book, TakeDial()!, attempt * 100_000);
        }

        book.Targets.ShouldBeEmpty();
        GivenUp.ShouldBe([Pair.Bob]);
    }

    [Fact]
    public void A_told_peer_that_refused_for_good_does_not_become_news_again()
    {
        var book = Book();
        book.Learn(Pair.Bob, [Here], isUp: false, 0);
        book.Tick(0);
        book.OnFailed(TakeDial()!.Link, new DialFailure(FailureReason.Stale, "no"), isFinal: true, 0);
        book.Targets.ShouldBeEmpty();
        GivenUp.ShouldBeEmpty();
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
        book.Configure(Here, 0);
        book.Tick(0);
        Take().Count.ShouldBe(2);
    }

    [Fact]
    public void Who_is_told_and_may_not_be_dialled_makes_room_for_others_and_may_be_told_again()
    {
        var unwanted = Pair.Key("p0");
        var book = Book(new DialLimits { MaxMeshTargets = 2 });
        CookieFor = target => target.Peer == unwanted ? null : default(CookieChoice);
        book.Learn(unwanted, [Here], isUp: false, 0);
        book.Learn(Pair.Key("p1"), [There], isUp: false, 0);
        book.Tick(0);

        book.Learn(Pair.Key("p2"), [There], isUp: false, 0);

        book.Targets.Select(t => t.Peer).ShouldBe([Pair.Key("p1"), Pair.Key("p2")]);
        GivenUp.ShouldBe([unwanted]);
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
}
