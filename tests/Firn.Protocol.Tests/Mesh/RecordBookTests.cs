using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol.Tests;

public class RecordBookTests
{
    private static readonly DateTimeOffset Today = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PeerKey Carol = Pair.Key("carol");

    private readonly SimRecords _made = new();

    private static RecordBook Book(RecordLimits? limits = null, double random = 0) =>
        new(Pair.Alice, limits ?? new RecordLimits(), () => random);

    private SignedPeerRecord Sign(PeerKey peer, ulong sequence, int hours = 24) =>
        _made.Sign(peer, sequence, Today.AddHours(hours), [NodeAddress.Parse("10.0.0.1:1")]);

    private SignedPeerRecord Learn(RecordBook book, PeerKey peer, ulong sequence, long teller = 99, long now = 0, int hours = 24)
    {
        var signed = Sign(peer, sequence, hours);
        book.Learn(_made.Verify(signed, DateTimeOffset.MinValue)!, signed, teller, Today, now).ShouldBeTrue();
        return signed;
    }

    [Fact]
    public void Only_a_higher_sequence_of_another_node_is_news()
    {
        var book = Book();
        book.IsNews(Pair.Alice, 1).ShouldBeFalse();
        book.IsNews(new PeerKey(Pair.Alice.Did, Pair.Bob.Name), 1).ShouldBeFalse();
        book.IsNews(Pair.Bob, 5).ShouldBeTrue();
        Learn(book, Pair.Bob, 5);
        book.IsNews(Pair.Bob, 4).ShouldBeFalse();
        book.IsNews(Pair.Bob, 5).ShouldBeFalse();
        book.IsNews(Pair.Bob, 6).ShouldBeTrue();
    }

    [Fact]
    public void What_is_held_is_known_by_its_bytes_until_something_newer_is()
    {
        var book = Book();
        var first = Learn(book, Pair.Bob, 1);
        book.Holds(first).ShouldBeTrue();
        book.Holds(new SignedPeerRecord { Signature = first.Signature }).ShouldBeFalse();
        var second = Learn(book, Pair.Bob, 2);
        book.Holds(first).ShouldBeFalse();
        book.Holds(second).ShouldBeTrue();
        book.Forget(Pair.Bob);
        book.Holds(second).ShouldBeFalse();
        book.IsNews(Pair.Bob, 2).ShouldBeTrue();
    }

    [Fact]
    public void News_is_gathered_for_200_ms_and_passed_on_once_but_not_to_its_teller_or_its_subject()
    {
        var book = Book();
        book.NextDue.ShouldBe(long.MaxValue);
        var bob = Learn(book, Pair.Bob, 1, teller: 3, now: 1_000);
        var carol = Learn(book, Carol, 1, teller: 2, now: 1_100);
        book.NextDue.ShouldBe(1_200);

        (PeerKey, long)[] links = [(Pair.Bob, 1), (Carol, 2), (Pair.Key("dave"), 3), (Pair.Key("eve"), 4)];
        var sent = book.TakeNews(links).ToDictionary(s => s.Link, s => s.Records);
        sent[1].ShouldBe([carol]);
        sent[2].ShouldBe([bob]);
        sent[3].ShouldBe([carol]);
        sent[4].ShouldBe([bob, carol]);

        book.NextDue.ShouldBe(long.MaxValue);
        book.TakeNews(links).ShouldBeEmpty();
    }

    [Fact]
    public void Of_two_records_of_one_peer_only_the_newer_is_passed_on()
    {
        var book = Book();
        Learn(book, Pair.Bob, 1);
        var newer = Learn(book, Pair.Bob, 2);
        book.TakeNews([(Carol, 9)]).ShouldHaveSingleItem().Records.ShouldBe([newer]);
    }

    [Fact]
    public void News_goes_to_a_few_peers_picked_at_random()
    {
        var book = Book(new RecordLimits { Fanout = 3 }, random: 0.9);
        Learn(book, Pair.Bob, 1);
        var links = Enumerable.Range(0, 10).Select(i => (Pair.Key($"p{i}"), (long)i)).ToList();
        book.TakeNews(links).Select(s => s.Link).ShouldBe([9, 0, 1]);
    }

    [Fact]
    public void The_return_of_a_known_peer_is_passed_on_after_five_seconds()
    {
        var book = Book();
        var bob = Learn(book, Pair.Bob, 1);
        book.TakeNews([]).ShouldBeEmpty();
        book.OnUp(Carol, 1_000);
        book.NextDue.ShouldBe(long.MaxValue);
        book.OnUp(Pair.Bob, 1_000);
        book.OnUp(Pair.Bob, 1_500);
        book.NextDue.ShouldBe(6_000);
        book.TakeNews([(Carol, 9)]).ShouldHaveSingleItem().Records.ShouldBe([bob]);
    }

    [Fact]
    public void A_newcomer_is_told_of_this_node_and_of_the_connected_peers_but_not_of_itself()
    {
        var book = Book();
        var own = Sign(Pair.Alice, 1);
        book.SetOwn(own);
        Learn(book, Pair.Bob, 1);
        var carol = Learn(book, Carol, 1);
        Learn(book, Pair.Key("gone"), 1);
        book.ForNewcomer(Pair.Bob, [Pair.Bob, Carol, Pair.Key("silent")]).ShouldBe([own, carol]);
    }

    [Fact]
    public void The_table_is_bounded_and_expired_records_make_room()
    {
        var book = Book(new RecordLimits { MaxRecords = 2 });
        Learn(book, Pair.Bob, 1, hours: 24);
        Learn(book, Carol, 1, hours: 1);
        var more = Sign(Pair.Key("dave"), 1);
        var record = _made.Verify(more, Today)!;
        book.Learn(record, more, 0, Today, 0).ShouldBeFalse();
        Learn(book, Pair.Bob, 2);
        book.Learn(record, more, 0, Today.AddHours(2), 0).ShouldBeTrue();
        book.Knows(Carol).ShouldBeFalse();
    }
}
