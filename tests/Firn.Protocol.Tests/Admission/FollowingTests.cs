namespace Firn.Protocol.Tests;

/// <summary>What the rules do when a key was rotated: for whom that matters, what ends, and what moves.</summary>
public sealed class FollowingTests : AdmissionFixture
{
    private static readonly PeerKey Old = new(Keys.Did(0), NodeName.Parse("bob@host"));
    private static readonly PeerKey New = Old with { Did = Keys.Did(1) };

    [Fact]
    public void Only_a_key_that_is_trusted_pinned_met_expected_or_rotated_matters()
    {
        var chain = Keys.Chain(0, 1);
        var stranger = RulesOf(Policies.ByCookie);
        stranger.IsConcernedBy(chain).ShouldBeFalse();

        RulesOf(Policies.ByTrust(Keys.Did(0))).IsConcernedBy(chain).ShouldBeTrue();
        var pinned = RulesOf(Policies.ByCookie);
        pinned.Pins.Keep(Old);
        pinned.IsConcernedBy(chain).ShouldBeTrue();
        var met = RulesOf(Policies.ByCookie);
        Accept(met, Old, Policies.Cookie);
        met.IsConcernedBy(chain).ShouldBeTrue();
        var expecting = RulesOf(Policies.ByCookie);
        expecting.OnFound(new Sighting(DialKind.Local, "local", "x", [Here], Keys.Did(0)), 0);
        expecting.IsConcernedBy(chain).ShouldBeTrue();
        var rotated = RulesOf(Policies.ByCookie);
        rotated.SetAdmission(Policies.ByCookie.After(Keys.Chain(0, 2)).ShouldNotBeNull(), 0);
        rotated.IsConcernedBy(chain).ShouldBeTrue();

        met.SetAdmission(Policies.ByCookie.After(chain).ShouldNotBeNull(), 0);
        met.IsConcernedBy(chain).ShouldBeFalse();   // it is no news any more
    }

    [Fact]
    public void The_session_of_the_old_key_ends_its_name_and_pin_go_to_the_new_one_and_the_old_one_does_not_come_back()
    {
        var rules = RulesOf(Policies.ByTrust(Old.Did));
        long link = Accept(rules, Old);
        Commit(rules, New).Refusal.ShouldNotBe(Yes);

        rules.SetAdmission(rules.Admission.After(Keys.Chain(0, 1)).ShouldNotBeNull(), 0).ShouldBe(1);

        var actions = rules.TakeActions();
        actions.OfType<CloseLink>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(c => c.Link.ShouldBe(link), c => c.Reason.ShouldBe(EndReason.Refused));
        actions.OfType<SavePins>().ShouldHaveSingleItem().Pins.ShouldBe([New]);
        Commit(rules, Old).Refusal.ShouldBe(Wire.RefusalReason.AuthenticationFailed);
        Commit(rules, New).Refusal.ShouldBe(Yes);
    }

    [Fact]
    public void A_frozen_key_keeps_its_name_from_everybody()
    {
        var rules = RulesOf(Policies.ByTrust(Old.Did));
        Accept(rules, Old);
        var frozen = rules.Admission.After(Keys.Chain(0, 1)).ShouldNotBeNull().After(Keys.Chain(0, 2)).ShouldNotBeNull();

        rules.SetAdmission(frozen, 0).ShouldBe(1);

        foreach (int key in new[] { 0, 1, 2 })
            Commit(rules, Old with { Did = Keys.Did(key) }).Refusal.ShouldBe(Wire.RefusalReason.AuthenticationFailed);
        rules.ListPins(0).ShouldHaveSingleItem().Did.ShouldBe(Keys.Did(0));
    }

    [Fact]
    public void A_dial_that_expects_the_old_key_expects_the_new_one()
    {
        var rules = RulesOf(Policies.ByCookie);
        rules.OnFound(new Sighting(DialKind.Local, "local", "x", [Here], Keys.Did(0)), 0);

        rules.SetAdmission(Policies.ByCookie.After(Keys.Chain(0, 1)).ShouldNotBeNull(), 0);

        Dials(rules).ShouldHaveSingleItem().DemandedDid.ShouldBe(Keys.Did(1));
    }
}
