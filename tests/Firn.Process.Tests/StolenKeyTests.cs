using Firn.AspNetCore;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>A key was stolen and its node rotated it: what becomes of the thief, and of the peers, over real processes.</summary>
public sealed class StolenKeyTests : NodeTests
{
    private readonly NodeHome _other = new();
    private readonly NodeHome _thief = new();

    public override async ValueTask DisposeAsync()
    {
        await _thief.DisposeAsync();
        await _other.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_peer_that_pinned_the_name_follows_and_refuses_the_thief_and_two_rotations_freeze_the_key_until_the_operator_decides()
    {
        await AdmissionTests.CopyCookieAsync(Home, _other);
        FirnNode alpha = await UpAsync(Home, "alpha");
        FirnNode beta = await UpAsync(_other, "beta", "--peer", alpha.Address);
        await FirnNode.MeetAsync(alpha, beta);
        string old = AdmissionTests.DidOf(alpha);
        await StopAsync(alpha);
        await beta.SeesAsync("peerDown", alpha);
        (await ChildProcess.RunAsync("cp", ["-a", $"{Home.Directory}/.", _thief.Directory])).ExitCode.ShouldBe(0);

        // Pinned by cookie, to a peer that has stayed up: it follows, and pin and session are the new key's.
        string did = await RotateAsync(Home);
        OutputLine mark = beta.Mark;
        alpha = await UpAsync(Home, "alpha", "--peer", beta.Address);
        await beta.SeesAsync("peerUp", alpha, mark);
        using ControlClient control = beta.Control();
        (await control.PinsAsync(CancellationToken.None)).ShouldHaveSingleItem().Did.ShouldBe(did);
        string followed = await WarnedAsync(beta, "rotated its key");
        (followed.Contains(old, StringComparison.Ordinal), followed.Contains(did, StringComparison.Ordinal)).ShouldBe((true, true));

        // The thief still has the old key, and the cookie.
        FirnNode thief = await UpAsync(_thief, "alpha");
        AdmissionTests.DidOf(thief).ShouldBe(old);
        (await Should.ThrowAsync<FirnException>(thief.DialAsync(beta.Address))).Reason.ShouldBe(FailureReason.AuthenticationFailed);
        await beta.Process.WaitForJsonAsync(
            json => json.IsEvent("refused") && json.GetProperty("message").GetString()!.Contains($"{old} is retired", StringComparison.Ordinal));
        await StopAsync(thief);

        // So it rotates as well. Whoever sees both statements says so loudly, wherever the operator looks.
        string stolen = await RotateAsync(_thief);
        thief = await UpAsync(_thief, "alpha");
        (await Should.ThrowAsync<FirnException>(thief.DialAsync(beta.Address))).Reason.ShouldBe(FailureReason.AuthenticationFailed);
        (await beta.SeesAsync("peerDown", alpha)).Json().GetProperty("reason").GetString().ShouldBe("refused");
        ShouldNameAll(await WarnedAsync(beta, "is frozen"), old, did, stolen);
        ShouldNameAll((await beta.Process.WaitForErrorAsync(line => line.Contains("is frozen"))).Text, old, did, stolen);
        foreach (CommandResult seen in await Task.WhenAll(
            beta.RunAsync("status"), beta.RunAsync("peers"), _other.RunAsync("trust", "list"), _other.RunAsync("trust", "show", old)))
        {
            ShouldNameAll(seen.Output + seen.Errors, old, did, stolen);
        }

        FrozenBody frozen = (await control.StatusAsync(CancellationToken.None)).Frozen.ShouldNotBeNull().ShouldHaveSingleItem();
        (frozen.Did, string.Join(' ', frozen.Successors)).ShouldBe((old, $"{did} {stolen}"));
        (await control.PinsAsync(CancellationToken.None)).ShouldHaveSingleItem().Frozen.ShouldBeTrue();

        (await _other.RunAsync("trust", "add", did)).ExitCode.ShouldBe(0);
        await alpha.DialAsync(beta.Address);
        (await Should.ThrowAsync<FirnException>(thief.DialAsync(beta.Address))).Reason.ShouldBe(FailureReason.AuthenticationFailed);
        (await control.StatusAsync(CancellationToken.None)).Frozen.ShouldBeNull();
    }

    private static Task<FirnNode> UpAsync(NodeHome home, string name, params IEnumerable<string> options) =>
        home.UpAsync(["--name", name, "--no-discovery", "--mesh", "none", .. options]);

    private static async Task StopAsync(FirnNode node)
    {
        node.Process.Send(Signal.Terminate);
        (await node.Process.WaitForExitAsync()).ShouldBe(0);
    }

    private static async Task<string> RotateAsync(NodeHome home)
    {
        CommandResult rotated = await home.RunAsync("id", "rotate", "--json");
        rotated.ExitCode.ShouldBe(0, rotated.Errors);
        return rotated.Json.GetProperty("did").GetString()!;
    }

    private static async Task<string> WarnedAsync(FirnNode node, string of) => (await node.Process.WaitForJsonAsync(
        json => json.IsEvent("warning") && json.GetProperty("message").GetString()!.Contains(of, StringComparison.Ordinal), wanted: of))
        .Json().GetProperty("message").GetString()!;

    private static void ShouldNameAll(string text, params string[] dids)
    {
        foreach (string did in dids)
        {
            text.ShouldContain(did);
        }
    }
}
