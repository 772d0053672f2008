namespace Firn.Protocol.Tests;

public class BroughtStrangersTests
{
    private readonly BroughtStrangers _strangers = new();

    [Fact]
    public void An_asker_has_so_many_handshakes_by_each_relay()
    {
        for (int i = 0; i < BroughtStrangers.MaxPerAsker; i++)
            Enter("relay", "asker").ShouldBeTrue();

        Enter("relay", "asker").ShouldBeFalse();
        Enter("relay", "other").ShouldBeTrue();
        Enter("other", "asker").ShouldBeTrue();

        Leave("relay", "asker");
        Enter("relay", "asker").ShouldBeTrue();
    }

    /// <summary>A relay can say that anybody asks.</summary>
    [Fact]
    public void A_relay_that_invents_askers_gets_no_more_than_half_of_the_handshakes()
    {
        int entered = Askers(100).Count(asker => Enter("relay", asker));

        entered.ShouldBe(BroughtStrangers.MaxPerRelay);
        entered.ShouldBeLessThanOrEqualTo(new StrangerLimits().Share);
        Enter("other", "asker").ShouldBeTrue();
    }

    [Fact]
    public void Whoever_leaves_makes_room_for_another_of_the_same_relay_and_leaves_nothing_behind()
    {
        foreach (string asker in Askers(BroughtStrangers.MaxPerRelay))
            Enter("relay", asker).ShouldBeTrue();
        Enter("relay", "one-more").ShouldBeFalse();

        Leave("relay", "asker-0");
        Enter("relay", "one-more").ShouldBeTrue();

        foreach (string asker in Askers(BroughtStrangers.MaxPerRelay).Skip(1))
            Leave("relay", asker);
        _strangers.Sources.ShouldBe(1);
    }

    private static IEnumerable<string> Askers(int count) => Enumerable.Range(0, count).Select(i => $"asker-{i}");

    private void Leave(string relay, string asker) => _strangers.Leave(Pair.Key(relay).Did, Pair.Key(asker).Did);

    private bool Enter(string relay, string asker) => _strangers.TryEnter(Pair.Key(relay).Did, Pair.Key(asker).Did);
}
