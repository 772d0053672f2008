using RefusalReason = Firn.Protocol.Wire.RefusalReason;

namespace Firn.Protocol.Tests;

/// <summary>What was admitted may no longer be: sessions end, and so does what is on its way to become one.</summary>
public sealed class ChangeOfAdmissionTests : AdmissionFixture
{
    private readonly CookieKey _old = Policies.KeyOf(1);
    private readonly CookieKey _new = Policies.KeyOf(2);

    [Fact]
    public void A_session_outlives_its_cookies_rotation_and_ends_with_its_retirement()
    {
        var rules = RulesOf(Policies.Cookies(_old));
        long bob = Accept(rules, Pair.Bob, _old);

        rules.SetAdmission(Policies.Cookies(_new, _old), 1).ShouldBe(0);
        rules.TakeActions().ShouldBeEmpty();
        long carol = Accept(rules, Carol, _new);

        rules.SetAdmission(Policies.Cookies(_new), 2).ShouldBe(1);
        var actions = rules.TakeActions();
        actions.OfType<CloseLink>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            close => close.Link.ShouldBe(bob),
            close => close.Reason.ShouldBe(EndReason.Refused),
            close => close.Detail.ShouldContain("cookie"));
        actions.OfType<RaisePeerDown>().ShouldHaveSingleItem().ShouldBe(new RaisePeerDown(Pair.Bob, First, EndReason.Refused));
        (rules.IsUp(Pair.Bob), rules.IsUp(Carol)).ShouldBe((false, true));
        carol.ShouldNotBe(bob);
    }

    [Fact]
    public void A_session_ends_when_its_key_is_trusted_no_longer_and_others_go_on()
    {
        var rules = RulesOf(Policies.ByTrust(Pair.Bob.Did, Carol.Did));
        long bob = Accept(rules, Pair.Bob);
        Accept(rules, Carol);

        rules.SetAdmission(Policies.ByTrust(Carol.Did), 1).ShouldBe(1);
        rules.TakeActions().OfType<CloseLink>().ShouldHaveSingleItem().Link.ShouldBe(bob);
        (rules.IsUp(Pair.Bob), rules.IsUp(Carol)).ShouldBe((false, true));
        Commit(rules, Pair.Bob).Refusal.ShouldBe(RefusalReason.AuthenticationFailed);
        rules.SetAdmission(Policies.ByTrust(Carol.Did, Pair.Bob.Did), 2).ShouldBe(0);
        Commit(rules, Pair.Bob, now: 2).Refusal.ShouldBe(Yes);
    }

    [Theory]
    [InlineData("carol")]
    [InlineData("bob@elsewhere")]
    public void A_session_ends_when_its_key_is_pinned_to_another_name(string name)
    {
        var rules = RulesOf(Policies.Cookies(_old));
        Accept(rules, Pair.Bob, _old);
        var keyring = rules.Admission.Keyring;

        rules.SetAdmission(new AdmissionPolicy(AdmissionMode.Cookie, keyring, new TrustList(Policies.Entry(Pair.Bob.Did, "bob@test"))), 1).ShouldBe(0);
        rules.SetAdmission(new AdmissionPolicy(AdmissionMode.Cookie, keyring, new TrustList(Policies.Entry(Pair.Bob.Did, name))), 2).ShouldBe(1);
        rules.IsUp(Pair.Bob).ShouldBeFalse();
        Commit(rules, Pair.Bob, _old, 2).Refusal.ShouldBe(RefusalReason.NameTaken);
    }

    [Fact]
    public void A_session_ends_when_its_name_is_pinned_to_another_key()
    {
        var rules = RulesOf(Policies.Cookies(_old));
        Accept(rules, Pair.Bob, _old);
        var keyring = rules.Admission.Keyring;
        rules.SetAdmission(new AdmissionPolicy(AdmissionMode.Cookie, keyring, new TrustList(Policies.Entry(Carol.Did, "bob"))), 1).ShouldBe(1);
        rules.IsUp(Pair.Bob).ShouldBeFalse();
    }

    [Fact]
    public void What_was_proved_before_the_change_is_refused_after_it_at_every_step()
    {
        var rules = RulesOf(Policies.Cookies(_new, _old));
        rules.OnProof(Pair.Bob, _old, First, 0).Refusal.ShouldBe(Yes);

        rules.SetAdmission(Policies.Cookies(_new), 0);
        rules.OnProof(Pair.Bob, _old, First, 0).Refusal.ShouldBe(RefusalReason.AuthenticationFailed);
        rules.OnVerdict(rules.NewLink(), Pair.Bob, _old, First, held: null, rules.Peers.Moment, 0).Refusal.ShouldBe(RefusalReason.AuthenticationFailed);
        Commit(rules, Pair.Bob, _old).Refusal.ShouldBe(RefusalReason.AuthenticationFailed);
        rules.Peers.Up.ShouldBeEmpty();
    }

    [Fact]
    public void A_Commit_on_its_way_is_cut_and_makes_no_session_if_its_answer_comes_first()
    {
        var rules = RulesOf(Policies.Cookies(_new, _old));
        long link = CommitTo(rules, Pair.Bob, _old);
        rules.TakeActions();

        rules.SetAdmission(Policies.Cookies(_new), 0);
        rules.TakeActions().OfType<CloseLink>().ShouldHaveSingleItem().Link.ShouldBe(link);

        // Its answer was read at the same moment: the session is there, and ends at once.
        rules.OnAccepted(link, 0);
        rules.TakeActions().OfType<CloseLink>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            close => close.Link.ShouldBe(link), close => close.Reason.ShouldBe(EndReason.Refused));
        rules.IsUp(Pair.Bob).ShouldBeFalse();
    }

    [Fact]
    public void Another_key_with_the_same_bytes_is_not_the_one_that_was_proved()
    {
        var rules = RulesOf(Policies.Cookies(_old));
        Accept(rules, Pair.Bob, _old);
        rules.SetAdmission(Policies.Cookies(Policies.KeyOf(1)), 0).ShouldBe(1, "whoever reads the cookies again keeps the key of each that stays");
    }

    [Fact]
    public void What_waits_is_tried_at_once_with_the_first_cookie()
    {
        var rules = RulesOf(Policies.Cookies(_old));
        rules.Configure(Here, 0);
        var dial = Dials(rules).Single();
        rules.OnDialFailed(dial.Link, Yes, new DialFailure(FailureReason.AuthenticationFailed, "no"), 0, isProofRefused: true);
        rules.NextDue.ShouldBeGreaterThanOrEqualTo(0);

        rules.SetAdmission(Policies.Cookies(_new, _old), 5);
        rules.NextDue.ShouldBeLessThanOrEqualTo(5);
        Dials(rules, 5).Single().Cookie.ShouldBe(_new);
    }
}
