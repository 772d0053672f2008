using Firn.Protocol.Wire;

namespace Firn.Protocol.Tests;

/// <summary>Whom a relay joins, and how much of it.</summary>
public class RelayBookTests
{
    private static readonly PeerKey Carol = Pair.Key("carol");
    private static readonly PeerKey Dave = Pair.Key("dave");

    private readonly RelayBook _book = new(new RelayLimits { PerPair = 2, PerAsker = 3, InAll = 4, RequestBurst = 8, RequestsPerSecond = 2 });

    [Fact]
    public void Two_peers_are_joined_until_their_stream_ends()
    {
        var decision = Ask(Pair.Alice, Pair.Bob);

        decision.Status.ShouldBe(RelayStatus.Ok);
        _book.Pairs.ShouldBe([new RelayPair(Pair.Bob, Pair.Alice)]);
        _book.Streams.ShouldBe(1);

        _book.End(decision.Id);
        _book.End(decision.Id);
        (_book.Streams, _book.Pairs.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void Who_is_not_directly_connected_is_joined_with_nobody()
    {
        _book.Ask(Pair.Alice, isDirect: false, Pair.Bob.Did, Pair.Bob, 0).Status.ShouldBe(RelayStatus.NotAllowed);
        _book.Ask(Pair.Alice, isDirect: true, Pair.Bob.Did, found: null, 0).Status.ShouldBe(RelayStatus.NoSuchPeer);
        Ask(Pair.Alice, Pair.Alice).Status.ShouldBe(RelayStatus.NoSuchPeer);
        _book.Streams.ShouldBe(0);
    }

    [Fact]
    public void A_pair_has_so_many_streams_whichever_of_the_two_asks()
    {
        var first = Ask(Pair.Alice, Pair.Bob);
        Ask(Pair.Bob, Pair.Alice).Status.ShouldBe(RelayStatus.Ok);

        Ask(Pair.Alice, Pair.Bob).Status.ShouldBe(RelayStatus.Limit);
        Ask(Pair.Bob, Pair.Alice).Status.ShouldBe(RelayStatus.Limit);
        Ask(Pair.Alice, Carol).Status.ShouldBe(RelayStatus.Ok);

        _book.End(first.Id);
        Ask(Pair.Alice, Pair.Bob).Status.ShouldBe(RelayStatus.Ok);
    }

    [Fact]
    public void An_asker_has_so_many_and_leaves_the_rest_to_others()
    {
        foreach (var target in new[] { Pair.Bob, Carol, Dave })
            Ask(Pair.Alice, target).Status.ShouldBe(RelayStatus.Ok);

        Ask(Pair.Alice, Dave).Status.ShouldBe(RelayStatus.Limit);
        Ask(Pair.Bob, Carol).Status.ShouldBe(RelayStatus.Ok);
        Ask(Carol, Dave).Status.ShouldBe(RelayStatus.Limit);   // that is all there are
    }

    [Fact]
    public void A_stream_that_ends_gives_its_place_back_to_who_asked_for_it()
    {
        var first = Ask(Pair.Alice, Pair.Bob);
        Ask(Pair.Alice, Carol).Status.ShouldBe(RelayStatus.Ok);
        Ask(Pair.Alice, Dave).Status.ShouldBe(RelayStatus.Ok);

        _book.End(first.Id);

        Ask(Pair.Alice, Dave).Status.ShouldBe(RelayStatus.Ok);
        Ask(Pair.Alice, Pair.Bob).Status.ShouldBe(RelayStatus.Limit);
    }

    [Fact]
    public void Requests_have_a_rate_and_those_that_are_refused_count()
    {
        for (int i = 0; i < 8; i++)
            _book.Ask(Pair.Alice, isDirect: true, Pair.Bob.Did, found: null, 0).Status.ShouldBe(RelayStatus.NoSuchPeer);

        Ask(Pair.Alice, Pair.Bob).Status.ShouldBe(RelayStatus.Busy);
        Ask(Carol, Pair.Bob).Status.ShouldBe(RelayStatus.Ok);
        Ask(Pair.Alice, Pair.Bob, now: 500).Status.ShouldBe(RelayStatus.Ok);
        Ask(Pair.Alice, Carol, now: 500).Status.ShouldBe(RelayStatus.Busy);
    }

    [Fact]
    public void Askers_are_remembered_within_a_limit_and_none_gets_a_fresh_budget_by_it()
    {
        var book = new RelayBook(new RelayLimits { MaxAskers = 2, RequestBurst = 1, RequestsPerSecond = 1 });
        RelayStatus Ask(PeerKey asker, long now) => book.Ask(asker, isDirect: true, Dave.Did, found: null, now).Status;

        Ask(Pair.Alice, 0).ShouldBe(RelayStatus.NoSuchPeer);
        Ask(Pair.Bob, 0).ShouldBe(RelayStatus.NoSuchPeer);
        Ask(Carol, 0).ShouldBe(RelayStatus.Busy);
        Ask(Pair.Alice, 999).ShouldBe(RelayStatus.Busy);
        Ask(Carol, 1000).ShouldBe(RelayStatus.NoSuchPeer);   // Bob's budget is back, so nothing of him was worth keeping
    }

    [Fact]
    public void An_asker_that_has_streams_is_remembered_until_they_end()
    {
        var book = new RelayBook(new RelayLimits { MaxAskers = 1, RequestBurst = 1, RequestsPerSecond = 1 });
        RelayDecision Ask(PeerKey asker, long now) => book.Ask(asker, isDirect: true, Dave.Did, Dave, now);

        var first = Ask(Pair.Alice, 0);
        first.Status.ShouldBe(RelayStatus.Ok);
        Ask(Carol, 10_000).Status.ShouldBe(RelayStatus.Busy);

        book.End(first.Id);
        Ask(Carol, 10_000).Status.ShouldBe(RelayStatus.Ok);
    }

    private RelayDecision Ask(PeerKey asker, PeerKey target, long now = 0) => _book.Ask(asker, isDirect: true, target.Did, target, now);
}
