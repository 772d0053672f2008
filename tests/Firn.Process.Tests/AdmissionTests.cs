using System.Text.Json;

using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Who is admitted by whom, over real processes with homes of their own, by what is typed.</summary>
public sealed class AdmissionTests : NodeTests
{
    private readonly NodeHome _other = new();

    public static TheoryData<string, string> Modes
    {
        get
        {
            string[] modes = ["cookie", "trust", "both"];
            var table = new TheoryData<string, string>();
            foreach (string here in modes)
            {
                foreach (string there in modes)
                {
                    table.Add(here, there);
                }
            }

            return table;
        }
    }

    public override async Task InitializeAsync() => await CopyCookieAsync(Home, _other);

    public override async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await base.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Two_ends_give_what_the_table_says(string here, string there)
    {
        FirnNode[] nodes = await Task.WhenAll(UpAsync(Home, "alpha", here), UpAsync(_other, "beta", there));
        (FirnNode alpha, FirnNode beta) = (nodes[0], nodes[1]);
        bool goTogether = (here == "trust") == (there == "trust");

        if (here != "cookie")
        {
            string line = await FailedDialAsync(alpha, beta, "notTrusted");
            line.ShouldContain($"firn trust add {DidOf(beta)}");
            await TrustAsync(alpha, beta);
        }

        if (!goTogether)
        {
            string line = await FailedDialAsync(alpha, beta, "admissionDiffers");
            line.ShouldContain(there == "both" ? "by both cookie and trust" : $"by {there}");
            JsonElement refused = (await SeesRefusedAsync(beta, "admissionDiffers")).Json();
            refused.GetProperty("message").GetString()!.ShouldContain("--admit");
            (await beta.PeersAsync()).ShouldBeEmpty();
            return;
        }

        if (there != "cookie")
        {
            string line = await FailedDialAsync(alpha, beta, "authenticationFailed");
            line.ShouldContain($"firn trust add {DidOf(alpha)}");
            (await SeesRefusedAsync(beta, "notTrusted")).Json().GetProperty("message").GetString()!.ShouldContain(DidOf(alpha));
            await TrustAsync(beta, alpha);
        }

        CommandResult dial = await alpha.RunAsync("dial", beta.Address, "--json");
        dial.ExitCode.ShouldBe(0, dial.Errors);
        dial.Json.GetProperty("admission").GetString().ShouldBe(here);
        dial.Json.GetProperty("cookie").GetString().ShouldBe(here == "trust" ? null : "current");
        await FirnNode.MeetAsync(alpha, beta);
        (await beta.PeersAsync()).ShouldHaveSingleItem().Admission.ShouldBe(there);
        (await beta.RunAsync("status", "--json")).Json.GetProperty("admission").GetString().ShouldBe(there);
    }

    [Fact]
    public async Task A_key_that_is_removed_while_connected_is_out_at_once_at_later_starts_too_and_back_when_it_is_added()
    {
        FirnNode alpha = await UpAsync(Home, "alpha", "trust");
        FirnNode beta = await UpAsync(_other, "beta", "trust", "--peer", alpha.Address);
        await TrustAsync(alpha, beta, "--name", "beta", "--label", "the one in the cellar");
        await TrustAsync(beta, alpha);
        await FirnNode.MeetAsync(alpha, beta);

        JsonElement listed = (await Home.RunAsync("trust", "list", "--json")).Json.EnumerateArray().ShouldHaveSingleItem();
        (listed.GetProperty("did").GetString(), listed.GetProperty("name").GetString(), listed.GetProperty("label").GetString())
            .ShouldBe((DidOf(beta), "beta", "the one in the cellar"));
        (await Home.RunAsync("trust", "show", DidOf(beta))).Output.ShouldContain("the one in the cellar");
        (await alpha.RunAsync("peers")).Output.ShouldMatch(@" trust +[\d.]+ ms");

        CommandResult removed = await Home.RunAsync("trust", "remove", DidOf(beta));
        (removed.ExitCode, removed.Errors).ShouldBe((0, ""));
        removed.Output.ShouldStartWith($"{DidOf(beta)} is no longer trusted");   // a node that has looked at the list itself meanwhile has ended the session already
        foreach ((FirnNode node, FirnNode peer) in new[] { (alpha, beta), (beta, alpha) })
        {
            (await node.SeesAsync("peerDown", peer)).Json().GetProperty("reason").GetString().ShouldBe("refused");
        }

        await SeesRefusedAsync(alpha, "notTrusted");
        Refusal(await Home.RunAsync("trust", "remove", DidOf(beta))).ShouldContain("firn trust list");
        Refusal(await Home.RunAsync("trust", "show", DidOf(beta))).ShouldContain("firn trust list");

        // A later start reads the same list.
        (await alpha.RunAsync("stop")).ExitCode.ShouldBe(0);
        alpha = await Home.UpAsync("--name", "alpha", "--no-discovery", "--admit", "trust", "--listen", alpha.Address);
        await SeesRefusedAsync(alpha, "notTrusted");
        OutputLine mark = beta.Mark;
        await TrustAsync(alpha, beta);
        await beta.SeesAsync("peerUp", alpha, mark);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused_with_both_keys_until_the_old_one_is_forgotten()
    {
        await using var third = new NodeHome();
        FirnNode alpha = await UpAsync(Home, "alpha", "trust");
        FirnNode beta = await UpAsync(_other, "beta", "trust");
        FirnNode imposter = await UpAsync(third, "beta", "trust");
        foreach (FirnNode node in new[] { beta, imposter })
        {
            await TrustAsync(alpha, node);
            await TrustAsync(node, alpha);
        }

        (await beta.RunAsync("dial", alpha.Address)).ExitCode.ShouldBe(0);
        await FirnNode.MeetAsync(alpha, beta);
        (await beta.RunAsync("stop")).ExitCode.ShouldBe(0);
        await alpha.SeesAsync("peerDown", beta);

        // For good: also when the node that has pinned it starts again.
        (await alpha.RunAsync("stop")).ExitCode.ShouldBe(0);
        alpha = await UpAsync(Home, "alpha", "trust");
        string line = await FailedDialAsync(imposter, alpha, "nameTaken");
        line.ShouldContain($"firn pins forget {imposter.Name}");
        string refused = (await SeesRefusedAsync(alpha, "nameTaken")).Json().GetProperty("message").GetString()!;
        refused.ShouldContain(DidOf(beta));
        refused.ShouldContain(DidOf(imposter));
        refused.ShouldContain($"firn pins forget {beta.Name}");

        JsonElement pin = (await alpha.RunAsync("pins", "list", "--json")).Json.EnumerateArray().ShouldHaveSingleItem();
        (pin.GetProperty("did").GetString(), pin.GetProperty("kind").GetString()).ShouldBe((DidOf(beta), "kept"));
        (await alpha.RunAsync("pins", "list")).Output.ShouldContain(" ever");
        CommandResult forgotten = await alpha.RunAsync("pins", "forget", "beta");
        forgotten.ShouldBe(new CommandResult(0, $"{beta.Name} no longer belongs to {DidOf(beta)}", ""));
        (await imposter.RunAsync("dial", alpha.Address)).ExitCode.ShouldBe(0);
        Refusal(await alpha.RunAsync("pins", "forget", "gamma")).ShouldContain("firn pins list");
    }

    [Fact]
    public async Task A_name_that_the_trust_list_pins_is_nobody_elses_by_cookie_either()
    {
        FirnNode alpha = await UpAsync(Home, "alpha", "cookie");
        FirnNode beta = await UpAsync(_other, "beta", "cookie");
        string other = DidOf(alpha);
        await using var third = new NodeHome();
        FirnNode pinned = await UpAsync(third, "elsewhere", "cookie");
        CommandResult added = await Home.RunAsync("trust", "add", DidOf(pinned), "--name", "beta");
        added.ShouldBe(new CommandResult(0, $"{DidOf(pinned)} is trusted, as beta and nobody else", ""));

        string line = await FailedDialAsync(alpha, beta, "nameTaken");
        line.ShouldContain(DidOf(beta));
        line.ShouldContain($"firn trust remove {DidOf(pinned)}");
        Refusal(await Home.RunAsync("trust", "add", other, "--name", "beta")).ShouldContain(DidOf(pinned));
        Refusal(await Home.RunAsync("trust", "add", "did:key:zDnNot"), exitCode: 2).ShouldContain("did:key:zDn");
    }

    internal static string DidOf(FirnNode node) => node.Started.GetProperty("did").GetString()!;

    internal static async Task CopyCookieAsync(NodeHome from, NodeHome to, params IEnumerable<string> options)
    {
        string cookie = (await from.RunAsync("cookie", "show")).Output;
        CommandResult imported = await to.RunWithInputAsync(cookie + "\n", ["cookie", "import", .. options]);
        imported.ExitCode.ShouldBe(0, imported.Errors);
    }

    private static Task<FirnNode> UpAsync(NodeHome home, string name, string mode, params IEnumerable<string> options) =>
        home.UpAsync(["--name", name, "--no-discovery", "--admit", mode, .. options]);

    private static async Task TrustAsync(FirnNode node, FirnNode peer, params IEnumerable<string> options)
    {
        CommandResult result = await node.Home.RunAsync(["trust", "add", DidOf(peer), .. options]);
        result.ExitCode.ShouldBe(0, result.Errors);
    }

    private static async Task<string> FailedDialAsync(FirnNode from, FirnNode to, string reason)
    {
        CommandResult dial = await from.RunAsync("dial", to.Address, "--json");
        dial.Json.GetProperty("reason").GetString().ShouldBe(reason, dial.Errors);
        return Refusal(dial);
    }

    private static Task<OutputLine> SeesRefusedAsync(FirnNode node, string reason) => node.Process.WaitForJsonAsync(
        json => json.IsEvent("refused") && json.GetProperty("reason").GetString() == reason, wanted: $"{node.Name} refuses for {reason}");
}
