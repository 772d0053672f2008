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

        _strangers.Leave(Pair.Key("relay").Did, Pair.Key("asker").Did);
        Enter("relay", "asker").ShouldBeTrue();
    }

    /// <summary>A relay can say that anybody asks.</summary>
    [Fact]
    public void A_relay_that_invents_askers_gets_no_more_than_half_of_the_handshakes()
    {
        int entered = Enumerable.Range(0, 100).Count(i => Enter("relay", $"asker-{i}"));

        entered.ShouldBe(BroughtStrangers.MaxPerRelay);
        entered.ShouldBeLessThanOrEqualTo(new StrangerLimits().Share);
        Enter("other", "asker").ShouldBeTrue();
    }

    private bool Enter(string relay, string asker) => _strangers.TryEnter(Pair.Key(relay).Did, Pair.Key(asker).Did);
}
