using System.Text.Json;

using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary><c>firn id rotate</c>, and a peer that was down meanwhile, over real processes.</summary>
public sealed class IdRotationTests : NodeTests
{
    private readonly NodeHome _other = new();

    public override async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_peer_that_was_away_follows_by_trust_and_refuses_the_thief_of_the_old_key()
    {
        FirnNode alpha = await UpAsync(Home, "alpha");
        FirnNode beta = await UpAsync(_other, "beta");
        string old = AdmissionTests.DidOf(alpha);
        await TrustAsync(Home, AdmissionTests.DidOf(beta));
        await TrustAsync(_other, old, "--name", "alpha", "--label", "upstairs");
        (await beta.RunAsync("dial", alpha.Address)).ExitCode.ShouldBe(0);
        await FirnNode.MeetAsync(alpha, beta);
        Refusal(await Home.RunAsync("id", "rotate", "--name", "alpha")).ShouldContain("stop it");

        (await beta.RunAsync("stop")).ExitCode.ShouldBe(0);
        (await alpha.RunAsync("stop")).ExitCode.ShouldBe(0);
        await using var stolen = new NodeHome();
        (await ChildProcess.RunAsync("cp", ["-a", $"{Home.Directory}/.", stolen.Directory])).ExitCode.ShouldBe(0);
        CommandResult rotation = await Home.RunAsync("id", "rotate", "--name", "alpha", "--json");
        rotation.ExitCode.ShouldBe(0, rotation.Errors);
        string did = rotation.Json.GetProperty("did").GetString()!;
        (rotation.Json.GetProperty("retired").GetString(), did == old).ShouldBe((old, false));
        (await Home.RunAsync("id", "show", "--json")).Json.GetProperty("did").GetString().ShouldBe(did);

        alpha = await UpAsync(Home, "alpha");
        AdmissionTests.DidOf(alpha).ShouldBe(did);
        beta = await UpAsync(_other, "beta", "--peer", alpha.Address);
        await FirnNode.MeetAsync(alpha, beta);
        await beta.Process.WaitForJsonAsync(
            json => json.IsEvent("warning") && json.GetProperty("message").GetString()!.Contains(old, StringComparison.Ordinal), wanted: "word of the rotation");

        JsonElement trusted = (await _other.RunAsync("trust", "list", "--json")).Json.EnumerateArray().ShouldHaveSingleItem();
        (trusted.GetProperty("did").GetString(), trusted.GetProperty("name").GetString(), trusted.GetProperty("label").GetString())
            .ShouldBe((did, "alpha", "upstairs"));
        Refusal(await _other.RunAsync("trust", "add", old)).ShouldContain(did);
        FirnNode thief = await UpAsync(stolen, "alpha", "--mesh", "none");
        AdmissionTests.DidOf(thief).ShouldBe(old);
        (await Should.ThrowAsync<FirnException>(thief.DialAsync(beta.Address))).Reason.ShouldBe(FailureReason.AuthenticationFailed);
        await beta.Process.WaitForJsonAsync(
            json => json.IsEvent("refused") && json.GetProperty("message").GetString()!.Contains($"{old} is retired", StringComparison.Ordinal));
        (await beta.PeersAsync()).ShouldHaveSingleItem().Did.ShouldBe(did);
        Refusal(await _other.RunAsync("trust", "show", old)).ShouldContain("retired");
    }

    private static Task<FirnNode> UpAsync(NodeHome home, string name, params IEnumerable<string> options) =>
        home.UpAsync(["--name", name, "--no-discovery", "--admit", "trust", .. options]);

    private static async Task TrustAsync(NodeHome home, string did, params IEnumerable<string> options)
    {
        CommandResult result = await home.RunAsync(["trust", "add", did, .. options]);
        result.ExitCode.ShouldBe(0, result.Errors);
    }
}
