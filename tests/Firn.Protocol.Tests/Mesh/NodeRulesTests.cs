using System.Net;
using RefusalReason = Firn.Protocol.Wire.RefusalReason;
using SignedPeerRecord = Firn.Protocol.Wire.SignedPeerRecord;

namespace Firn.Protocol.Tests;

/// <summary>What the three books decide together.</summary>
public class NodeRulesTests
{
    private static readonly DateTimeOffset Today = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IPAddress Elsewhere = IPAddress.Parse("10.9.9.9");
    private static readonly NodeAddress Seed = NodeAddress.Parse("10.0.0.1:1");
    private static readonly PeerKey Carol = Pair.Key("carol");
    private static readonly Incarnation First = new(1);

    private readonly SimRecords _made = new();
    private readonly NodeRules _rules;
    private ulong _session;

    public NodeRulesTests() => _rules = Rules(new NodeRulesOptions());

    private NodeRules Rules(NodeRulesOptions options) => new(Pair.Alice, options, _made.Verify, () => 0);

    private SignedPeerRecord Sign(PeerKey peer, ulong sequence, params string[] addresses) =>
        _made.Sign(peer, sequence, Today.AddHours(24), [.. addresses.Select(NodeAddress.Parse)]);

    /// <summary>The peer dials and is taken; returns the link.</summary>
    private long Accept(NodeRules rules, PeerKey peer, long now = 0)
    {
        long link = rules.NewLink();
        rules.OnCommit(link, peer, First, Pair.Session(++_session), null, _session, now).ShouldBe(RefusalReason.Unspecified);
        return link;
    }

    private static void Tell(NodeRules rules, long link, params SignedPeerRecord[] records) =>
        rules.OnRecords(link, records, Elsewhere, Today, 0);

    /// <summary>What is dialled now.</summary>
    private static StartDial[] Dials(NodeRules rules, long now = 0)
    {
        rules.Tick(now);
        return [.. rules.TakeActions().OfType<StartDial>()];
    }

    [Fact]
    public void A_told_peer_is_dialled_and_nobody_else_will_do_there()
    {
        long link = Accept(_rules, Pair.Bob);
        Tell(_rules, link, Sign(Carol, 1, "10.0.0.3:1"));
        Dials(_rules).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            d => d.Address.ShouldBe(NodeAddress.Parse("10.0.0.3:1")), d => d.Demanded.ShouldBe(Carol));
    }

    [Fact]
    public void A_record_that_was_tampered_with_or_comes_from_nobody_is_not_believed()
    {
        long link = Accept(_rules, Pair.Bob);
        var forged = Sign(Carol, 1, "10.0.0.3:1");
        forged.Signature = Google.Protobuf.ByteString.CopyFrom(new byte[64]);
        Tell(_rules, link, forged, new SignedPeerRecord { Record = Google.Protobuf.ByteString.CopyFrom([255, 255]) });
        Tell(_rules, 4711, Sign(Carol, 1, "10.0.0.3:1"));
        Dials(_rules).ShouldBeEmpty();
    }

    [Fact]
    public void A_node_without_mesh_dials_nobody_that_it_is_told_of()
    {
        var rules = Rules(new NodeRulesOptions { IsMesh = false });
        Tell(rules, Accept(rules, Pair.Bob), Sign(Carol, 1, "10.0.0.3:1"));
        Dials(rules).ShouldBeEmpty();
    }

    [Fact]
    public void What_this_node_itself_is_said_to_be_is_ignored()
    {
        Tell(_rules, Accept(_rules, Pair.Bob), Sign(Pair.Alice, 99, "10.0.0.3:1"));
        Dials(_rules).ShouldBeEmpty();
    }

    [Fact]
    public void A_loopback_address_counts_only_if_its_teller_is_on_this_machine()
    {
        long link = Accept(_rules, Pair.Bob);
        var local = Sign(Carol, 1, "127.0.0.1:1");
        Tell(_rules, link, local);
        Dials(_rules).ShouldBeEmpty();

        // What meant nothing from afar is news from nearby.
        _rules.OnRecords(link, [local], IPAddress.Loopback, Today, 0);
        Dials(_rules).ShouldHaveSingleItem().Address.Host.ShouldBe("127.0.0.1");
    }

    [Fact]
    public void Of_a_told_peers_addresses_only_those_that_mean_the_same_here_are_dialled()
    {
        Tell(_rules, Accept(_rules, Pair.Bob), Sign(Carol, 1, "127.0.0.1:1", "224.0.0.1:1", "10.0.0.3:1"));
        Dials(_rules).ShouldHaveSingleItem().Address.Host.ShouldBe("10.0.0.3");
        _rules.Dials.Targets.Single().Addresses.Count.ShouldBe(1);
    }

    [Fact]
    public void What_exceeds_a_tellers_budget_is_taken_from_another_teller()
    {
        var rules = Rules(new NodeRulesOptions { Dials = new DialLimits { TellerBurst = 2, TellerPerSecond = 1 } });
        long bob = Accept(rules, Pair.Bob);
        long dave = Accept(rules, Pair.Key("dave"));
        var told = Enumerable.Range(0, 3).Select(i => Sign(Pair.Key($"p{i}"), 1, $"10.0.1.{i}:1")).ToArray();
        Tell(rules, bob, told);
        Dials(rules).Length.ShouldBe(2);
        Tell(rules, dave, told);
        Dials(rules).ShouldHaveSingleItem().Demanded!.Value.Name.Name.ShouldBe("p2");
    }

    [Fact]
    public void A_teller_makes_this_node_check_no_more_signatures_than_its_budget()
    {
        int checks = 0;
        var rules = new NodeRules(
            Pair.Alice, new NodeRulesOptions { Records = new RecordLimits { CheckBurst = 2, ChecksPerSecond = 1 } },
            (_, _) =>
            {
                checks++;
                return null;
            },
            () => 0);
        long link = Accept(rules, Pair.Bob);
        Tell(rules, link, [.. Enumerable.Range(0, 5).Select(i => Sign(Pair.Key($"p{i}"), 1, "10.0.0.3:1"))]);
        checks.ShouldBe(2);
    }

    [Fact]
    public void A_connected_peers_record_is_kept_for_the_day_it_is_lost()
    {
        long link = Accept(_rules, Pair.Bob);
        Tell(_rules, link, Sign(Pair.Bob, 1, "10.0.0.2:1"));
        Dials(_rules).ShouldBeEmpty();
        _rules.OnSessionEnded(link, EndReason.Timeout, isTold: false, 1_000);
        Dials(_rules, 2_000).ShouldHaveSingleItem().Demanded.ShouldBe(Pair.Bob);
    }

    [Fact]
    public void A_told_peer_that_is_never_reached_is_tried_again_when_somebody_tells_of_it_again()
    {
        var rules = Rules(new NodeRulesOptions { Dials = new DialLimits { MaxFailures = 1 } });
        long link = Accept(rules, Pair.Bob);
        var carol = Sign(Carol, 1, "10.0.0.3:1");
        Tell(rules, link, carol);
        rules.OnDialFailed(Dials(rules).Single().Link, RefusalReason.Unspecified, FailureReason.Unreachable, "no", 0);
        Dials(rules, 100_000).ShouldBeEmpty();
        Tell(rules, link, carol);
        Dials(rules, 100_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_newcomer_is_told_of_the_others_and_the_others_of_it()
    {
        var own = Sign(Pair.Alice, 1, "10.0.0.9:1");
        _rules.SetOwnRecord(own);
        long bob = Accept(_rules, Pair.Bob);
        _rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Records.ShouldBe([own]);
        var bobs = Sign(Pair.Bob, 1, "10.0.0.2:1");
        Tell(_rules, bob, bobs);

        long carol = Accept(_rules, Carol);
        _rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Records.ShouldBe([own, bobs]);
        var carols = Sign(Carol, 1, "10.0.0.3:1");
        Tell(_rules, carol, carols);
        _rules.Tick(_rules.NextDue);
        var sent = _rules.TakeActions().OfType<SendRecords>().ToDictionary(s => s.Link, s => s.Records);
        sent[bob].ShouldBe([carols]);
        sent[carol].ShouldBe([bobs]);
    }

    [Fact]
    public void A_change_of_the_own_record_is_told_to_everyone_even_between_two_sessions_with_one_peer()
    {
        long bob = Accept(_rules, Pair.Bob);
        long carol = Accept(_rules, Carol);

        // Carol has replaced the session by the one that our Commit asks for; her answer is still on its way.
        var decision = _rules.OnVerdict(_rules.NewLink(), Carol, First, held: null, 0);
        _rules.OnCommitSent(77, Carol, First, Pair.Session(77), decision, 0);
        _rules.OnSessionEnded(carol, EndReason.Goodbye, isTold: true, 0);
        _rules.TakeActions();
        var own = Sign(Pair.Alice, 2, "10.0.0.9:1");
        _rules.SetOwnRecord(own);
        _rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Link.ShouldBe(bob);

        _rules.OnAccepted(77, 0).ShouldBeTrue();
        _rules.TakeActions().OfType<SendRecords>().ShouldHaveSingleItem().Records.ShouldBe([own]);
    }

    [Fact]
    public void A_node_that_is_told_Superseded_warns_and_does_not_come_back()
    {
        _rules.Add(DialKind.Configured, Seed, 0);
        long link = Connect(Dials(_rules).Single());
        _rules.TakeActions();
        _rules.OnSessionEnded(link, EndReason.Superseded, isTold: true, 1_000);
        _rules.TakeActions().OfType<RaiseWarning>().ShouldHaveSingleItem().Message.ShouldContain("copy of its identity");
        _rules.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void Only_the_peers_own_word_that_a_newer_copy_runs_is_final()
    {
        _rules.Add(DialKind.Configured, Seed, 0);
        long link = Connect(Dials(_rules).Single());
        _rules.TakeActions();
        _rules.OnSessionEnded(link, EndReason.Superseded, isTold: false, 1_000);
        _rules.TakeActions().OfType<RaiseWarning>().ShouldBeEmpty();
        Dials(_rules, 10_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_node_that_replaces_an_earlier_life_of_its_peer_is_not_warned_and_stays_content()
    {
        _rules.Add(DialKind.Configured, Seed, 0);
        Connect(Dials(_rules).Single());
        _rules.OnCommit(_rules.NewLink(), Pair.Bob, new Incarnation(2), Pair.Session(50), null, 1, 1_000).ShouldBe(RefusalReason.Unspecified);
        _rules.TakeActions().OfType<RaiseWarning>().ShouldBeEmpty();
        _rules.Dials.Targets.Single().State.ShouldBe(DialState.Satisfied);
    }

    [Fact]
    public void A_node_that_is_refused_as_stale_warns_and_does_not_dial_again()
    {
        _rules.Add(DialKind.Configured, Seed, 0);
        long link = Dials(_rules).Single().Link;
        _rules.OnDialFailed(link, RefusalReason.Stale, FailureReason.Stale, "stale", 0);
        _rules.TakeActions().OfType<RaiseWarning>().ShouldHaveSingleItem();
        Dials(_rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_stale_copy_of_a_peer_at_a_configured_address_does_not_end_the_redialling()
    {
        _rules.OnCommit(_rules.NewLink(), Pair.Bob, new Incarnation(2), Pair.Session(50), null, 1, 0);
        _rules.Add(DialKind.Configured, Seed, 0);
        long link = Dials(_rules).Single().Link;
        _rules.OnVerdict(link, Pair.Bob, First, held: null, 0).Refusal.ShouldBe(RefusalReason.Stale);
        _rules.OnDialFailed(link, RefusalReason.Unspecified, FailureReason.Stale, "stale", 0);
        _rules.TakeActions().OfType<RaiseWarning>().ShouldBeEmpty();
        Dials(_rules, 1_000_000).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_dial_refused_as_simultaneous_completes_with_the_session_that_won()
    {
        _rules.Request(7, Seed, 0);
        var dial = _rules.TakeActions().OfType<StartDial>().Single();
        var decision = _rules.OnVerdict(dial.Link, Pair.Bob, First, held: null, 0);
        _rules.OnCommitSent(dial.Link, Pair.Bob, First, Pair.Session(9), decision, 0);
        _rules.OnDialFailed(dial.Link, RefusalReason.Simultaneous, FailureReason.ConnectionLost, "crossed", 0);
        _rules.TakeActions().ShouldBeEmpty();
        Accept(_rules, Pair.Bob);
        _rules.TakeActions().OfType<CompleteDial>().ShouldBe([new CompleteDial(7, Pair.Bob)]);
    }

    [Fact]
    public void A_hangup_tells_the_peer_and_nothing_redials_it()
    {
        _rules.Hangup(Pair.Bob, 0).ShouldBeFalse();
        _rules.Add(DialKind.Configured, Seed, 0);
        long link = Connect(Dials(_rules).Single());
        Tell(_rules, link, Sign(Pair.Bob, 1, "10.0.0.2:1"));
        _rules.TakeActions();

        _rules.Hangup(Pair.Bob, 1_000).ShouldBeTrue();
        var actions = _rules.TakeActions();
        actions[0].ShouldBeOfType<CloseLink>().ShouldSatisfyAllConditions(c => c.Link.ShouldBe(link), c => c.Reason.ShouldBe(EndReason.Hangup));
        actions[1].ShouldBe(new RaisePeerDown(Pair.Bob, First, EndReason.Hangup));
        Dials(_rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_session_that_comes_of_a_dial_from_before_the_hangup_is_hung_up_too()
    {
        var first = Accept(_rules, Pair.Bob);
        _rules.Add(DialKind.Configured, Seed, 0);
        var dial = Dials(_rules).Single();
        var decision = _rules.OnVerdict(dial.Link, Pair.Bob, First, held: null, 0);
        _rules.OnCommitSent(dial.Link, Pair.Bob, First, Pair.Session(9), decision, 0);
        _rules.Hangup(Pair.Bob, 0).ShouldBeTrue();
        _rules.TakeActions().OfType<CloseLink>().ShouldHaveSingleItem().Link.ShouldBe(first);

        _rules.OnAccepted(dial.Link, 10).ShouldBeTrue();
        _rules.TakeActions().OfType<CloseLink>().ShouldHaveSingleItem().ShouldBe(new CloseLink(dial.Link, EndReason.Hangup, "hung up"));
        _rules.IsUp(Pair.Bob).ShouldBeFalse();
        Dials(_rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_hangup_between_two_sessions_holds_for_the_one_that_comes()
    {
        long first = Accept(_rules, Pair.Bob);
        _rules.Add(DialKind.Configured, Seed, 0);
        var dial = Dials(_rules).Single();
        var decision = _rules.OnVerdict(dial.Link, Pair.Bob, First, held: null, 0);
        _rules.OnCommitSent(dial.Link, Pair.Bob, First, Pair.Session(9), decision, 0);
        _rules.OnSessionEnded(first, EndReason.Goodbye, isTold: true, 0);
        _rules.Hangup(Pair.Bob, 0).ShouldBeTrue();
        _rules.OnAccepted(dial.Link, 10).ShouldBeTrue();
        _rules.IsUp(Pair.Bob).ShouldBeFalse();
        Dials(_rules, 1_000_000).ShouldBeEmpty();
    }

    [Fact]
    public void A_dial_that_turns_out_to_lead_to_a_peer_that_was_hung_up_is_ended_at_the_Verdict()
    {
        Accept(_rules, Pair.Bob);
        _rules.Add(DialKind.Configured, Seed, 0);
        var dial = Dials(_rules).Single();
        _rules.Hangup(Pair.Bob, 0);
        _rules.OnVerdict(dial.Link, Pair.Bob, First, held: null, 0).Refusal.ShouldBe(RefusalReason.Duplicate);
        Dials(_rules, 1_000_000).ShouldBeEmpty();
    }

    /// <summary>The dial leads to Bob and makes the session; returns its link.</summary>
    private long Connect(StartDial dial)
    {
        var decision = _rules.OnVerdict(dial.Link, Pair.Bob, First, held: null, 0);
        _rules.OnCommitSent(dial.Link, Pair.Bob, First, Pair.Session(++_session), decision, 0);
        _rules.OnAccepted(dial.Link, 0).ShouldBeTrue();
        return dial.Link;
    }
}
