using Firn.Cli;
using Firn.Identity;

namespace Firn.Tests;

public class NodeChoiceTests
{
    private static readonly Did SomeDid = Did.Parse("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169");

    [Fact]
    public void The_only_node_needs_no_name() => Choose(null, "alpha@a").ShouldBe("alpha@a");

    [Theory]
    [InlineData("db@a", "db@a")]
    [InlineData("db", "db@a")]      // exactly the name, although db-2 begins with it too
    [InlineData("db-", "db-2@a")]
    [InlineData("w", "web@a")]
    [InlineData("web@", "web@a")]
    public void A_name_or_an_unambiguous_beginning_chooses(string wanted, string chosen) =>
        Choose(wanted, "web@a", "db@a", "db-2@a").ShouldBe(chosen);

    [Fact]
    public void Several_nodes_and_no_name_is_an_error_that_lists_them() =>
        Refusal(null, FailureReason.InvalidInput, "web@a", "db@a").ShouldContain("--node NAME (db@a, web@a)");

    [Fact]
    public void An_ambiguous_beginning_is_an_error_that_lists_the_candidates() =>
        Refusal("d", FailureReason.InvalidInput, "db@a", "db-2@a", "web@a").ShouldContain("\"d\" could be any of db-2@a, db@a:");

    [Fact]
    public void A_name_on_two_hosts_is_ambiguous() =>
        Refusal("db", FailureReason.InvalidInput, "db@a", "db@b").ShouldContain("db@a, db@b");

    [Fact]
    public void A_name_that_does_not_run_is_an_error_that_lists_what_does() =>
        Refusal("mail", FailureReason.NotConnected, "web@a").ShouldContain("no node \"mail\" runs here; there are web@a");

    [Fact]
    public void No_node_at_all_says_how_to_start_one() =>
        Refusal(null, FailureReason.NotConnected).ShouldBe("no node runs under /home/me/firn: start one with 'firn up'");

    private static string Choose(string? wanted, params string[] names) =>
        NodeChoice.Choose([.. names.Select(Node)], wanted, "/home/me/firn", _ => true).Name.ToString();

    private static string Refusal(string? wanted, FailureReason reason, params string[] names)
    {
        var refusal = Should.Throw<FirnException>(() => Choose(wanted, names));
        refusal.Reason.ShouldBe(reason);
        return refusal.Message;
    }

    private static RunningNode Node(string name) => new(
        NodeName.Parse(name), SomeDid, 1, "default", [], "/run/" + name, DateTimeOffset.UnixEpoch);
}
