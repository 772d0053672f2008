namespace Firn.Protocol.Tests;

/// <summary>Dials for somebody who says a name or a DID instead of an address.</summary>
public sealed class KnownPeerDialTests : NodeRulesFixture
{
    private static readonly NodeAddress CarolsName = NodeAddress.Parse("carol@test");

    [Fact]
    public void A_peer_that_is_connected_is_what_is_asked_for_by_DID_and_by_full_name()
    {
        Accept(Rules, Carol);
        Rules.Request(1, Carol.Did, 0);
        Rules.Request(2, CarolsName, 0);
        Rules.TakeActions().OfType<CompleteDial>().ShouldBe([new CompleteDial(1, Carol), new CompleteDial(2, Carol)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_told_peer_is_dialled_where_it_was_told_to_be(bool byName)
    {
        Tell(Rules, Accept(Rules, Pair.Bob), Sign(Carol, 1, "10.0.0.7:1"));
        Rules.TakeActions();
        Ask(byName);
        var dial = Rules.TakeActions().OfType<StartDial>().Single();
        (dial.Address, dial.Demanded).ShouldBe((NodeAddress.Parse("10.0.0.7:1"), Carol));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_told_peer_that_was_hung_up_is_dialled_again_when_it_is_asked_for(bool byName)
    {
        long bob = Accept(Rules, Pair.Bob);
        Tell(Rules, bob, Sign(Carol, 1, "10.0.0.7:1"));
        Accept(Rules, Carol);
        Rules.Hangup(Carol, 0);
        Dials(Rules, 1_000_000).ShouldBeEmpty();
        Ask(byName);
        var dial = Rules.TakeActions().OfType<StartDial>().Single();
        dial.Demanded.ShouldBe(Carol);
        dial.Ways[0].ShouldBe(new DirectWay(NodeAddress.Parse("10.0.0.7:1")));
        Rules.OnDialFailed(dial.Link, default, new DialFailure(FailureReason.Unreachable, "no"), 0);
        Rules.TakeActions().OfType<FailDial>().ShouldHaveSingleItem().Request.ShouldBe(7);
    }

    [Fact]
    public void A_peer_that_is_told_by_the_name_of_a_web_server_alone_is_dialled_by_its_key()
    {
        Tell(Rules, Accept(Rules, Pair.Bob), Sign(Carol, 1, "wss://mesh.example.com"));
        Accept(Rules, Carol);
        Rules.Hangup(Carol, 0);
        Rules.TakeActions();
        Ask(byName: false);
        var way = Rules.TakeActions().OfType<StartDial>().Single().Ways.ShouldHaveSingleItem().ShouldBeOfType<DirectWay>();
        (way.Address, way.Address.IsTold).ShouldBe((NodeAddress.Parse("wss://mesh.example.com"), true));
    }

    [Fact]
    public void A_found_place_is_dialled_by_its_key()
    {
        Rules.OnFound(new Sighting(DialKind.Found, "mdns", "c", [Seed], Carol.Did), 0);
        Rules.Request(7, Carol.Did, 0);
        Rules.TakeActions().OfType<StartDial>().Single().DidThere.ShouldBe(Carol.Did);
    }

    [Fact]
    public void An_unknown_key_and_the_own_one_are_said_to_be_that()
    {
        Rules.Request(1, Carol.Did, 0);
        Rules.Request(2, Pair.Alice.Did, 0);
        Rules.TakeActions().OfType<FailDial>().Select(f => (f.Request, f.Failure.Reason))
            .ShouldBe([(1, FailureReason.Unreachable), (2, FailureReason.Self)]);
    }

    [Theory]
    [InlineData("carol@test:4000")]
    [InlineData("carol@elsewhere")]
    [InlineData("carol@10.0.0.9")]
    public void What_is_no_name_of_a_known_peer_is_an_address(string address)
    {
        Tell(Rules, Accept(Rules, Pair.Bob), Sign(Carol, 1, "10.0.0.7:1"));
        Rules.TakeActions();
        Rules.Request(7, NodeAddress.Parse(address), 0);
        Rules.TakeActions().OfType<StartDial>().Single().ShouldSatisfyAllConditions(
            dial => dial.Address.ShouldBe(NodeAddress.Parse(address)),
            dial => dial.DidThere.ShouldBeNull(),
            dial => dial.NameAt(dial.Ways[0]).ShouldBe("carol"));
    }

    private void Ask(bool byName)
    {
        if (byName)
            Rules.Request(7, CarolsName, 0);
        else
            Rules.Request(7, Carol.Did, 0);
    }
}
