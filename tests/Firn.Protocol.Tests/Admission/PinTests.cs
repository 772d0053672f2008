using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>Which name belongs to which key, and for how long.</summary>
public sealed class PinTests : AdmissionFixture
{
    private const long Year = 365L * 24 * 3_600_000;

    private readonly CookieKey _cookie = Policies.KeyOf(1);

    [Fact]
    public void By_trust_a_name_is_its_keys_for_good_and_kept()
    {
        var rules = RulesOf(Policies.ByTrust(Pair.Bob.Did, OtherBob.Did));
        var (link, refusal) = Commit(rules, Pair.Bob);
        refusal.ShouldBe(Yes);
        rules.TakeActions().OfType<SavePins>().ShouldHaveSingleItem().Pins.ShouldBe([Pair.Bob]);

        rules.OnSessionEnded(link, EndReason.Goodbye, isTold: true, 0);
        rules.OnProof(OtherBob, null, First, Year).Refusal.ShouldBe(RefusalReason.NameTaken);
        rules.OnVerdict(rules.NewLink(), OtherBob, null, First, held: null, rules.Peers.Moment, Year).Refusal.ShouldBe(RefusalReason.NameTaken);
        Commit(rules, OtherBob, now: Year).Refusal.ShouldBe(RefusalReason.NameTaken);
        Commit(rules, Pair.Bob, now: Year).Refusal.ShouldBe(Yes);
        rules.TakeActions().OfType<SavePins>().ShouldBeEmpty("it is no news");
    }

    [Fact]
    public void What_was_kept_in_an_earlier_life_holds_by_cookie_as_well()
    {
        var rules = RulesOf(Policies.Cookies(_cookie));
        rules.Pins.Keep(Pair.Bob).ShouldBeTrue();
        Commit(rules, OtherBob, _cookie, Year).Refusal.ShouldBe(RefusalReason.NameTaken);
        Commit(rules, Carol, _cookie).Refusal.ShouldBe(Yes);
        rules.TakeActions().OfType<SavePins>().ShouldBeEmpty("by cookie nothing is kept");
    }

    [Fact]
    public void A_refusal_names_both_keys_and_says_how_to_forget_the_old_one()
    {
        var kept = RulesOf(Policies.ByTrust(Pair.Bob.Did, OtherBob.Did));
        Accept(kept, Pair.Bob);
        Explain(kept).ShouldContain($"firn pins forget {Pair.Bob.Name}");

        var recent = RulesOf(Policies.Cookies(_cookie));
        Accept(recent, Pair.Bob, _cookie);
        Explain(recent).ShouldSatisfyAllConditions(
            text => text.ShouldContain($"firn pins forget {Pair.Bob.Name}"), text => text.ShouldContain("10 minutes"));

        var pinned = RulesOf(Trusting(Policies.Entry(Pair.Bob.Did, "bob@test"), Policies.Entry(OtherBob.Did)));
        Explain(pinned).ShouldContain($"firn trust remove {Pair.Bob.Did}");

        static string Explain(NodeRules rules)
        {
            string text = rules.Explain(OtherBob, RefusalReason.NameTaken, 0);
            text.ShouldContain(Pair.Bob.Did.ToString());
            text.ShouldContain(OtherBob.Did.ToString());
            return text;
        }
    }

    [Fact]
    public void A_key_that_is_pinned_to_a_name_has_no_other()
    {
        var rules = RulesOf(Trusting(Policies.Entry(Pair.Bob.Did, "robert")));
        rules.OnProof(Pair.Bob, null, First, 0).Refusal.ShouldBe(RefusalReason.NameTaken);
        rules.Explain(Pair.Bob, RefusalReason.NameTaken, 0).ShouldContain($"firn trust add {Pair.Bob.Did} --name {Pair.Bob.Name}");
        rules.OnProof(new PeerKey(Pair.Bob.Did, NodeName.Parse("robert@anywhere")), null, First, 0).Refusal.ShouldBe(Yes);
    }

    [Fact]
    public void A_forgotten_name_is_free_for_another_key()
    {
        var rules = RulesOf(Policies.ByTrust(Pair.Bob.Did, OtherBob.Did));
        long link = Accept(rules, Pair.Bob);
        Refused(() => rules.ForgetPin(Pair.Bob.Name, 0)).ShouldContain("firn hangup");

        rules.OnSessionEnded(link, EndReason.Goodbye, isTold: true, 0);
        rules.TakeActions();
        rules.ForgetPin(Pair.Bob.Name, 1).ShouldBe(Pair.Bob.Did);
        rules.TakeActions().OfType<SavePins>().ShouldHaveSingleItem().Pins.ShouldBeEmpty();
        Commit(rules, OtherBob, now: 1).Refusal.ShouldBe(Yes);
        Refused(() => rules.ForgetPin(Carol.Name, 1)).ShouldContain("not pinned");
    }

    [Fact]
    public void The_ten_minutes_of_a_name_can_be_cut_short()
    {
        var rules = RulesOf(Policies.Cookies(_cookie));
        rules.OnSessionEnded(Accept(rules, Pair.Bob, _cookie), EndReason.TransportError, isTold: false, 0);
        Commit(rules, OtherBob, _cookie, 1).Refusal.ShouldBe(RefusalReason.NameTaken);
        rules.ForgetPin(Pair.Bob.Name, 1).ShouldBe(Pair.Bob.Did);
        Commit(rules, OtherBob, _cookie, 1).Refusal.ShouldBe(Yes);
    }

    [Fact]
    public void A_name_is_not_forgotten_while_its_node_is_about_to_connect()
    {
        var rules = RulesOf(Policies.Cookies(_cookie));
        CommitTo(rules, Pair.Bob, _cookie);
        Refused(() => rules.ForgetPin(Pair.Bob.Name, 0)).ShouldContain("connected");
    }

    [Fact]
    public void What_the_trust_list_pins_is_forgotten_there()
    {
        var rules = RulesOf(Trusting(Policies.Entry(Pair.Bob.Did, "bob@test")));
        Refused(() => rules.ForgetPin(Pair.Bob.Name, 0)).ShouldContain($"firn trust remove {Pair.Bob.Did}");
    }

    [Fact]
    public void The_list_says_who_has_which_name_and_for_how_long()
    {
        var dave = Pair.Key("dave");
        var rules = RulesOf(Trusting(Policies.Entry(Pair.Bob.Did), Policies.Entry(Carol.Did, "carol"), Policies.Entry(dave.Did)));
        Accept(rules, Pair.Bob);
        rules.ListPins(0).ShouldBe(
        [
            new PinnedName("bob@test", Pair.Bob.Did, PinKind.Kept, IsConnected: true, null),
            new PinnedName("carol", Carol.Did, PinKind.Trusted, IsConnected: false, null),
        ]);

        var byCookie = RulesOf(Policies.Cookies(_cookie));
        byCookie.OnSessionEnded(Accept(byCookie, Pair.Bob, _cookie), EndReason.TransportError, isTold: false, 0);
        byCookie.ListPins(60_000).ShouldBe([new PinnedName("bob@test", Pair.Bob.Did, PinKind.Recent, IsConnected: false, 540_000)]);
        byCookie.ListPins(600_000).ShouldBeEmpty();
    }

    [Fact]
    public void One_key_cannot_take_more_names_than_its_share()
    {
        var rules = RulesOf(Policies.ByTrust(Pair.Bob.Did, Carol.Did));
        for (int i = 0; i < PinBook.MaxPerKey; i++)
            Accept(rules, new PeerKey(Pair.Bob.Did, NodeName.Parse($"bob-{i}@test")));
        var more = new PeerKey(Pair.Bob.Did, NodeName.Parse("bob-more@test"));
        rules.OnProof(more, null, First, 0).Refusal.ShouldBe(RefusalReason.Busy);
        rules.Explain(more, RefusalReason.Busy, 0).ShouldContain("firn pins forget");
        rules.OnProof(new PeerKey(Pair.Bob.Did, NodeName.Parse("bob-0@test")), null, First, 0).Refusal.ShouldBe(Yes);
        rules.OnProof(Carol, null, First, 0).Refusal.ShouldBe(Yes);
    }

    [Fact]
    public void No_more_names_are_kept_than_the_limit()
    {
        var pins = new PinBook();
        for (int i = 0; i < PinBook.MaxPins; i++)
            pins.Keep(Pair.Key($"n{i}")).ShouldBeTrue();
        pins.Keep(Pair.Bob).ShouldBeFalse();
        pins.HasRoomFor(Pair.Bob).ShouldBeFalse();
        pins.HasRoomFor(Pair.Key("n7")).ShouldBeTrue();
        pins.All.Count.ShouldBe(PinBook.MaxPins);
        pins.Forget(Pair.Key("n7").Name).ShouldBeTrue();
        pins.Keep(Pair.Bob).ShouldBeTrue();
    }

    private static string Refused(Action action)
    {
        var failure = Should.Throw<FirnException>(action);
        failure.Reason.ShouldBe(FailureReason.InvalidInput);
        return failure.Message;
    }
}
