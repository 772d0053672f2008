using System.Net;

namespace Firn.Protocol.Tests;

/// <summary>With which cookie a dial is made, and where none may be proved.</summary>
public sealed class CookieChoiceTests : AdmissionFixture
{
    private static readonly DateTimeOffset Today = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly CookieKey _new = Policies.KeyOf(2);
    private readonly CookieKey _old = Policies.KeyOf(1);
    private readonly CookieKey _phrase = Policies.KeyOf(7, isPassphrase: true);

    [Fact]
    public void A_refused_proof_is_tried_with_the_next_cookie_at_once_and_each_once_in_a_round()
    {
        var rules = RulesOf(Policies.Cookies(_new, _old, Policies.KeyOf(3)));
        rules.Configure(Here, 0);
        var tried = new List<CookieKey?>();
        StartDial[] dials;
        while ((dials = Dials(rules)).Length > 0)
        {
            tried.Add(dials.Single().Cookie);
            rules.OnDialFailed(dials[0].Link, Yes, new DialFailure(FailureReason.AuthenticationFailed, "no"), 0, isProofRefused: true);
            bool isLast = tried.Count == 3;
            rules.TakeActions().OfType<ReportDialFailure>().Count().ShouldBe(isLast ? 1 : 0, "a round fails once");
            if (isLast)
                break;
        }

        tried.ShouldBe([_new, _old, rules.Admission.Keyring![2]]);
        rules.Dials.Targets.Single().Failures.ShouldBe(1);
        rules.Tick(rules.NextDue);
        rules.TakeActions().OfType<StartDial>().Single().Cookie.ShouldBe(_new, "the next round begins with the first");
    }

    [Fact]
    public void A_caller_waits_for_the_last_cookie_and_is_told_once()
    {
        var rules = RulesOf(Policies.Cookies(_new, _old));
        rules.Request(1, Here, 0);
        var dial = rules.TakeActions().OfType<StartDial>().Single();
        rules.OnDialFailed(dial.Link, Yes, new DialFailure(FailureReason.AuthenticationFailed, "no"), 0, isProofRefused: true);
        rules.TakeActions().ShouldBeEmpty();
        dial = Dials(rules).Single();
        dial.Cookie.ShouldBe(_old);
        rules.OnDialFailed(dial.Link, Yes, new DialFailure(FailureReason.AuthenticationFailed, "no"), 0, isProofRefused: true);
        rules.TakeActions().OfType<FailDial>().ShouldHaveSingleItem().Request.ShouldBe(1);
    }

    [Fact]
    public void Any_other_failure_is_no_reason_to_prove_again()
    {
        var rules = RulesOf(Policies.Cookies(_new, _old));
        rules.Request(1, Here, 0);
        var dial = rules.TakeActions().OfType<StartDial>().Single();
        rules.OnDialFailed(dial.Link, Yes, new DialFailure(FailureReason.AuthenticationFailed, "its certificate is no good"), 0);
        rules.TakeActions().OfType<FailDial>().ShouldHaveSingleItem();
    }

    [Fact]
    public void The_session_that_is_made_begins_the_next_dial_with_the_first_cookie_again()
    {
        var rules = RulesOf(Policies.Cookies(_new, _old));
        rules.Configure(Here, 0);
        rules.OnDialFailed(Dials(rules).Single().Link, Yes, new DialFailure(FailureReason.AuthenticationFailed, "no"), 0, isProofRefused: true);
        var dial = Dials(rules).Single();
        var decision = rules.OnVerdict(dial.Link, Pair.Bob, _old, First, held: null, rules.Peers.Moment, 0);
        rules.OnCommitSent(dial.Link, Pair.Bob, _old, First, Pair.Session(1), decision, 0);
        rules.OnAccepted(dial.Link, 0).ShouldBeTrue();

        rules.OnSessionEnded(dial.Link, EndReason.TransportError, isTold: false, 1_000);
        rules.Tick(rules.NextDue);
        rules.TakeActions().OfType<StartDial>().Single().Cookie.ShouldBe(_new);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_passphrase_is_proved_where_the_user_said(bool isOfThisMachine)
    {
        var rules = RulesOf(Policies.Cookies(_phrase));
        if (isOfThisMachine)
            rules.OnFound(new Sighting(DialKind.Local, "local", "bob", [Here], Pair.Bob.Did), 0);
        else
            rules.Configure(Here, 0);
        var dial = Dials(rules).Single();
        (dial.Cookie, dial.DemandedDid).ShouldBe((_phrase, isOfThisMachine ? Pair.Bob.Did : null));

        rules.Request(1, NodeAddress.Parse("10.0.0.2:1"), 0);
        rules.TakeActions().OfType<StartDial>().Single().Cookie.ShouldBe(_phrase);
    }

    [Fact]
    public void A_passphrase_is_not_proved_to_a_stranger_that_a_peer_told_of()
    {
        var rules = RulesOf(Policies.Cookies(_phrase));
        TellOfCarol(rules, Accept(rules, Pair.Bob, _phrase));
        Dials(rules).ShouldBeEmpty();
        rules.NextDue.ShouldBeGreaterThan(0);

        // Nor does the news of it disturb: it rests until the key is known.
        rules.SetAdmission(new AdmissionPolicy(AdmissionMode.Cookie, rules.Admission.Keyring, Policies.Trusting(Carol.Did)), 1);
        Dials(rules, 1).Single().ShouldSatisfyAllConditions(
            dial => dial.Cookie.ShouldBe(_phrase), dial => dial.Demanded.ShouldBe(Carol));
    }

    [Fact]
    public void A_passphrase_is_proved_to_a_told_key_that_was_met_or_is_pinned()
    {
        var met = RulesOf(Policies.Cookies(_phrase));
        met.OnSessionEnded(Accept(met, Carol, _phrase), EndReason.TransportError, isTold: false, 0);
        TellOfCarol(met, Accept(met, Pair.Bob, _phrase));
        Dials(met).ShouldHaveSingleItem();

        var pinned = RulesOf(Policies.Cookies(_phrase));
        pinned.Pins.Keep(Carol).ShouldBeTrue();
        TellOfCarol(pinned, Accept(pinned, Pair.Bob, _phrase));
        Dials(pinned).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_strong_cookie_is_proved_to_anybody_and_a_passphrase_beside_it_is_passed_over()
    {
        var rules = RulesOf(Policies.Cookies(_phrase, _new));
        TellOfCarol(rules, Accept(rules, Pair.Bob, _new));
        var dial = Dials(rules).Single();
        dial.Cookie.ShouldBe(_new);
        rules.OnDialFailed(dial.Link, Yes, new DialFailure(FailureReason.AuthenticationFailed, "no"), 0, isProofRefused: true);
        rules.Dials.Targets.Single().Failures.ShouldBe(1, "there is no other for it");
    }

    [Fact]
    public void Whoever_is_not_trusted_is_not_dialled_because_a_peer_told_of_it_until_it_is()
    {
        var rules = RulesOf(Policies.ByTrust(Pair.Bob.Did));
        TellOfCarol(rules, Accept(rules, Pair.Bob));
        Dials(rules).ShouldBeEmpty();
        rules.SetAdmission(Policies.ByTrust(Pair.Bob.Did, Carol.Did), 1);
        Dials(rules, 1).Single().ShouldSatisfyAllConditions(
            dial => dial.Demanded.ShouldBe(Carol), dial => dial.Cookie.ShouldBeNull());
    }

    [Fact]
    public void A_user_that_dials_the_address_of_a_node_of_this_machine_takes_whoever_lives_there()
    {
        var rules = RulesOf(Policies.Cookies(_new));
        rules.OnFound(new Sighting(DialKind.Local, "local", "bob", [Here], Pair.Bob.Did), 0);
        rules.Request(1, Here, 0);
        rules.TakeActions().OfType<StartDial>().Single().DemandedDid.ShouldBeNull();
    }

    [Fact]
    public void Those_that_rest_make_room_for_those_that_are_dialled()
    {
        var dave = Pair.Key("dave");
        var limits = new NodeRulesOptions { Dials = new DialLimits { MaxMeshTargets = 1 } };
        var rules = new NodeRules(Pair.Alice, Policies.ByTrust(Pair.Bob.Did, dave.Did), limits, () => 0);
        long bob = Accept(rules, Pair.Bob);
        TellOfCarol(rules, bob);
        Dials(rules).ShouldBeEmpty();
        TellOf(dave, rules, bob);
        Dials(rules).Single().Demanded.ShouldBe(dave);

        TellOf(Pair.Key("eve"), rules, bob);
        rules.Dials.Targets.ShouldHaveSingleItem().Peer.ShouldBe(dave, "one that is dialled makes no room");
    }

    private static void TellOfCarol(NodeRules rules, long teller) => TellOf(Carol, rules, teller);

    private static void TellOf(PeerKey peer, NodeRules rules, long teller)
    {
        var made = new SimRecords();
        var record = made.Sign(peer, 1, Today.AddHours(24), [Here]);
        rules.OnVerified(teller, made.Verify(rules.OnRecords(teller, [record], 0), Today), IPAddress.Parse("10.9.9.9"), Today, 0);
        rules.TakeActions();
    }
}
