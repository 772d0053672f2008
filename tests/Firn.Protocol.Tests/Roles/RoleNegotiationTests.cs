namespace Firn.Protocol.Tests;

public class RoleNegotiationTests
{
    private static readonly NodeRole[] AllRoles = Enum.GetValues<NodeRole>();

    private static readonly RoleHint[] AllHints =
        [.. from mode in Enum.GetValues<RoleHintMode>() from role in AllRoles select new RoleHint(mode, role)];

    private static readonly RoleOffer[] AllOffers =
        [.. from set in Enumerable.Range(0, 8) from hint in AllHints select new RoleOffer((set & 1) != 0, (set & 2) != 0, (set & 4) != 0, hint)];

    /// <summary>Every capability set and hint of both ends, both ways round: 2 x 128².</summary>
    private static void ForEveryCombination(Action<RoleOffer, RoleOffer, RoleOutcome> check)
    {
        foreach (var mine in AllOffers)
        {
            foreach (var theirs in AllOffers)
            {
                foreach (bool mineIsSmaller in new[] { true, false })
                {
                    var outcome = RoleNegotiation.Decide(mine, theirs, mineIsSmaller);
                    try
                    {
                        check(mine, theirs, outcome);
                        var mirrored = RoleNegotiation.Decide(theirs, mine, !mineIsSmaller);
                        (mirrored.Theirs, mirrored.Mine).ShouldBe((outcome.Mine, outcome.Theirs), "the ends disagree");
                    }
                    catch (ShouldAssertException failure)
                    {
                        throw new ShouldAssertException($"{mine}\n{theirs}\nmineIsSmaller: {mineIsSmaller}\n{outcome}\n{failure.Message}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Both_ends_take_a_valid_pair_or_none_with_a_reason() => ForEveryCombination((mine, theirs, outcome) =>
    {
        if (outcome.Mine == NodeRole.Indeterminate || outcome.Theirs == NodeRole.Indeterminate)
        {
            (outcome.Mine, outcome.Theirs).ShouldBe((NodeRole.Indeterminate, NodeRole.Indeterminate));
            outcome.Reason.ShouldNotBeNullOrEmpty();
            return;
        }

        outcome.Reason.ShouldBeNull();
        (outcome.Mine == outcome.Theirs && outcome.Mine != NodeRole.Relay).ShouldBeFalse("both took the same end");
    });

    [Fact]
    public void Nobody_takes_a_role_that_it_is_not_capable_of() => ForEveryCombination((mine, theirs, outcome) =>
    {
        foreach (var (offer, role) in new[] { (mine, outcome.Mine), (theirs, outcome.Theirs) })
        {
            (role switch
            {
                NodeRole.Entry => offer.CanEnter,
                NodeRole.Exit => offer.CanExit,
                NodeRole.Relay => offer.CanRelay,
                _ => true,
            }).ShouldBeTrue();
        }
    });

    // wallhack 7: a FIXED was ignored, an EXCLUDE skipped.
    [Fact]
    public void Fixed_and_excluded_roles_are_always_honoured() => ForEveryCombination((mine, theirs, outcome) =>
    {
        foreach (var (hint, role) in new[] { (mine.Hint, outcome.Mine), (theirs.Hint, outcome.Theirs) })
        {
            if (role == NodeRole.Indeterminate)
                continue;
            if (hint.Mode == RoleHintMode.Fixed)
                role.ShouldBe(hint.Role);
            if (hint.Mode == RoleHintMode.Exclude)
                role.ShouldNotBe(hint.Role);
        }
    });

    [Fact]
    public void A_pair_is_found_wherever_there_is_one_and_honours_as_many_preferences_as_possible() =>
        ForEveryCombination((mine, theirs, outcome) =>
        {
            var possible = (from a in AllRoles
                            from b in AllRoles
                            where IsPossible(mine, a) && IsPossible(theirs, b) && (a != b || a == NodeRole.Relay)
                            select Honoured(mine, a) + Honoured(theirs, b)).ToList();

            (outcome.Mine != NodeRole.Indeterminate).ShouldBe(possible.Count > 0);
            if (possible.Count > 0)
                (Honoured(mine, outcome.Mine) + Honoured(theirs, outcome.Theirs)).ShouldBe(possible.Max());
        });

    [Theory]
    [InlineData("entry exit relay", "exit", NodeRole.Entry, NodeRole.Exit)]
    [InlineData("exit", "entry exit relay", NodeRole.Exit, NodeRole.Entry)]
    [InlineData("entry", "relay", NodeRole.Entry, NodeRole.Relay)]
    [InlineData("relay", "exit", NodeRole.Relay, NodeRole.Exit)]
    [InlineData("relay", "relay", NodeRole.Relay, NodeRole.Relay)]
    [InlineData("entry exit relay", "entry exit relay", NodeRole.Entry, NodeRole.Exit)]
    [InlineData("entry relay", "entry relay", NodeRole.Entry, NodeRole.Relay)]
    [InlineData("relay", "entry exit", NodeRole.Relay, NodeRole.Entry)]
    [InlineData("entry exit", "entry relay", NodeRole.Exit, NodeRole.Entry)]
    public void Without_wishes_ends_meet_directly_and_the_smaller_one_enters(
        string mine, string theirs, NodeRole myRole, NodeRole theirRole) =>
        RoleNegotiation.Decide(Offer(mine, RoleHint.None), Offer(theirs, RoleHint.None), mineIsSmaller: true)
            .ShouldBe(new RoleOutcome(myRole, theirRole, null));

    [Fact]
    public void When_both_prefer_the_same_end_the_smaller_one_gets_it()
    {
        var offer = Offer("entry exit relay", RoleHint.Prefer(NodeRole.Exit));
        RoleNegotiation.Decide(offer, offer, mineIsSmaller: true).Mine.ShouldBe(NodeRole.Exit);
        RoleNegotiation.Decide(offer, offer, mineIsSmaller: false).Mine.ShouldBe(NodeRole.Entry);
    }

    // wallhack 7: PREFER entry without a TUN took the entry.
    [Fact]
    public void A_preference_without_the_capability_counts_for_nothing() =>
        RoleNegotiation.Decide(Offer("exit", RoleHint.Prefer(NodeRole.Entry)), Offer("entry exit", RoleHint.None), true)
            .ShouldBe(new RoleOutcome(NodeRole.Exit, NodeRole.Entry, null));

    [Theory]
    [InlineData("", "exit", RoleHintMode.None, NodeRole.Indeterminate, "this node is not capable of any role")]
    [InlineData("gpu", "", RoleHintMode.None, NodeRole.Indeterminate, "this node is not capable of any role (entry, exit or relay); the peer is not")]
    [InlineData("entry", "", RoleHintMode.None, NodeRole.Indeterminate, "the peer is not capable of any role")]
    [InlineData("exit", "exit", RoleHintMode.None, NodeRole.Indeterminate, "both ends can only be exit")]
    [InlineData("entry exit relay", "entry", RoleHintMode.Fixed, NodeRole.Entry, "both ends can only be entry")]
    [InlineData("exit", "entry", RoleHintMode.Fixed, NodeRole.Relay, "this node is fixed to relay but lacks that capability")]
    [InlineData("exit", "entry", RoleHintMode.Exclude, NodeRole.Exit, "this node excludes exit, the only role it is capable of")]
    [InlineData("entry", "exit", RoleHintMode.Fixed, NodeRole.Indeterminate, "this node takes no role")]
    [InlineData("entry", "exit", RoleHintMode.Fixed, (NodeRole)9, "fixed to an unknown role (9)")]
    public void An_impossible_pair_says_why(string mine, string theirs, RoleHintMode mode, NodeRole role, string reason)
    {
        var outcome = RoleNegotiation.Decide(Offer(mine, new RoleHint(mode, role)), Offer(theirs, RoleHint.None), true);
        (outcome.Mine, outcome.Theirs).ShouldBe((NodeRole.Indeterminate, NodeRole.Indeterminate));
        outcome.Reason.ShouldNotBeNull().ShouldContain(reason);
    }

    [Fact]
    public void Hints_of_a_later_version_leave_the_negotiation_total()
    {
        var unknownMode = Offer("entry", new RoleHint((RoleHintMode)7, NodeRole.Exit));
        RoleNegotiation.Decide(unknownMode, Offer("exit", RoleHint.Prefer((NodeRole)9)), true)
            .ShouldBe(new RoleOutcome(NodeRole.Entry, NodeRole.Exit, null));
    }

    private static RoleOffer Offer(string capabilities, RoleHint hint) => RoleOffer.Of(capabilities.Split(' '), hint);

    private static bool IsPossible(RoleOffer offer, NodeRole role) =>
        (role == NodeRole.Entry ? offer.CanEnter : role == NodeRole.Exit ? offer.CanExit : role == NodeRole.Relay && offer.CanRelay)
        && (offer.Hint.Mode != RoleHintMode.Fixed || offer.Hint.Role == role)
        && (offer.Hint.Mode != RoleHintMode.Exclude || offer.Hint.Role != role);

    private static int Honoured(RoleOffer offer, NodeRole role) =>
        offer.Hint.Mode == RoleHintMode.Prefer && offer.Hint.Role == role ? 1 : 0;
}
