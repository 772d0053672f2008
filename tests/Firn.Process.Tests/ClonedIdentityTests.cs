using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>A home that was copied to another machine: two processes with one identity.</summary>
public sealed class ClonedIdentityTests : NodeTests
{
    [Fact]
    public async Task One_of_them_wins_and_the_other_says_what_is_wrong_and_gives_way()
    {
        await using var otherMachine = new NodeHome();
        FirnNode witness = await Home.UpAsync("--name", "witness", "--no-discovery");
        FirnNode original = await Home.UpAsync("--name", "twin", "--no-discovery", "--peer", witness.Address);
        await FirnNode.MeetAsync(witness, original);
        await ChildProcess.RunAsync("cp", ["-a", $"{Home.Directory}/.", otherMachine.Directory]);

        FirnNode copy = await otherMachine.UpAsync("--name", "twin", "--no-discovery", "--peer", witness.Address);
        await FirnNode.MeetAsync(witness, copy);

        copy.Started.GetProperty("did").GetString().ShouldBe(original.Started.GetProperty("did").GetString());
        OutputLine down = await original.SeesAsync("peerDown", witness);
        down.Json().GetProperty("reason").GetString().ShouldBe("superseded");
        (await original.SeesAsync("warning")).Json().GetProperty("message").GetString()!.ShouldContain("a copy of its identity runs elsewhere");

        // Two seconds in which the loser, redialling as it would anybody else, would have come back several times.
        (await copy.RunAsync("ping", "witness", "-c", "20", "-i", "100ms", "--json")).Json.GetProperty("received").GetInt32().ShouldBe(20);
        (witness.Count("peerUp"), witness.Count("peerDown"), witness.Count("refused")).ShouldBe((2, 1, 0));
        (copy.Count("peerUp"), copy.Count("peerDown"), original.Count("peerUp")).ShouldBe((1, 0, 1));
    }

    [Fact]
    public async Task The_older_one_that_dials_again_is_told_so()
    {
        await using var otherMachine = new NodeHome();
        FirnNode witness = await Home.UpAsync("--name", "witness", "--no-discovery");
        FirnNode original = await Home.UpAsync("--name", "twin", "--no-discovery");
        await ChildProcess.RunAsync("cp", ["-a", $"{Home.Directory}/.", otherMachine.Directory]);
        FirnNode copy = await otherMachine.UpAsync("--name", "twin", "--no-discovery", "--peer", witness.Address);
        await FirnNode.MeetAsync(witness, copy);

        CommandResult dial = await original.RunAsync("dial", witness.Address, "--json");

        Refusal(dial).ShouldContain("a copy of this node's identity runs elsewhere");
        dial.Json.GetProperty("reason").GetString().ShouldBe("stale");
        (witness.Count("peerUp"), witness.Count("peerDown")).ShouldBe((1, 0));
    }
}
