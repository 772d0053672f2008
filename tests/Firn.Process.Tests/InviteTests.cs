using System.Text.Json;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Two people link two machines with one pasted line: real processes with homes of their own, by what is typed.</summary>
public sealed class InviteTests : NodeTests
{
    private readonly NodeHome _other = new();

    public override async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task One_line_makes_peers_of_two_machines_and_is_worthless_afterwards()
    {
        FirnNode alpha = await UpAsync(Home, "alpha");
        CommandResult made = await alpha.RunAsync("invite");
        made.ExitCode.ShouldBe(0, made.Errors);
        string line = made.Output.Split('\n').ShouldHaveSingleItem();
        line.ShouldStartWith("firn-join1:");
        made.Errors.ShouldContain("firn invite --cancel");

        // Nobody is there to be asked, so nothing is done.
        Refusal(await _other.RunAsync("join", line)).ShouldContain("--yes");
        CommandResult joined = await _other.RunWithInputAsync(line + "\n", "join", "--yes", "--name", "beta");
        joined.ExitCode.ShouldBe(0, joined.Errors);
        joined.Output.ShouldContain($"joined {alpha.Name} ({AdmissionTests.DidOf(alpha)}), with the cookie; start with: firn up --name beta --peer tcp://{alpha.Address}");
        (await _other.RunAsync("cookie", "show")).Output.ShouldBe((await Home.RunAsync("cookie", "show")).Output);

        FirnNode beta = await UpAsync(_other, "beta", "--peer", $"tcp://{alpha.Address}");
        await FirnNode.MeetAsync(alpha, beta);
        JsonElement used = (await alpha.RunAsync("invite", "--list", "--json")).Json.EnumerateArray().ShouldHaveSingleItem();
        (used.GetProperty("state").GetString(), used.GetProperty("usedBy")[0].GetString()).ShouldBe(("used", AdmissionTests.DidOf(beta)));
        used.TryGetProperty("line", out _).ShouldBeFalse();

        // The line was stolen afterwards; and a home with a cookie is not overwritten, nor asked for anything.
        await using var thief = new NodeHome();
        Refusal(await thief.RunAsync("join", "--yes", line)).ShouldContain("used up");
        File.Exists(Path.Combine(thief.Directory, "cookie")).ShouldBeFalse();
        Refusal(await _other.RunAsync("join", "--yes", line)).ShouldContain("FIRN_HOME=DIR firn join");
    }

    [Fact]
    public async Task Lines_that_expired_were_cancelled_altered_or_mistyped_are_refused_and_told_apart()
    {
        FirnNode alpha = await UpAsync(Home, "alpha");
        string line = await LineAsync(alpha);
        Refusal(await _other.RunAsync("join", "--yes", line[..^1])).ShouldContain("mistyped or cut off");
        Refusal(await _other.RunAsync("join", "--yes", "hello")).ShouldContain("no invite");
        Refusal(await _other.RunAsync("join", "--yes", Altered(line))).ShouldContain("does not take this invite");

        string id = (await alpha.RunAsync("invite", "--list", "--json")).Json[0].GetProperty("id").GetString()!;
        (await alpha.RunAsync("invite", "--cancel", id)).Output.ShouldContain("takes nobody any more");
        Refusal(await _other.RunAsync("join", "--yes", line)).ShouldContain("cancelled there");
        Refusal(await alpha.RunAsync("invite", "--cancel", "0000000000000000")).ShouldContain("firn invite --list");

        string brief = await LineAsync(alpha, "--expires", "1s");
        await WaitUntilExpiredAsync(alpha);
        Refusal(await _other.RunAsync("join", "--yes", brief)).ShouldContain("has expired");

        (await alpha.RunAsync("stop")).ExitCode.ShouldBe(0);
        Refusal(await _other.RunAsync("join", "--yes", line)).ShouldContain("was not met");
        File.Exists(Path.Combine(_other.Directory, "cookie")).ShouldBeFalse();
    }

    [Fact]
    public async Task With_trust_a_node_that_runs_takes_it_up_and_both_list_each_other()
    {
        FirnNode alpha = await UpAsync(Home, "alpha", "--admit", "trust");
        FirnNode beta = await UpAsync(_other, "beta", "--admit", "trust");
        CommandResult joined = await beta.RunAsync("join", "--yes", await LineAsync(alpha));
        joined.ExitCode.ShouldBe(0, joined.Errors);
        joined.Output.ShouldEndWith("with mutual trust; it is a peer now");
        await FirnNode.MeetAsync(alpha, beta);
        (await Home.RunAsync("trust", "list", "--json")).Json[0].GetProperty("did").GetString().ShouldBe(AdmissionTests.DidOf(beta));
        (await _other.RunAsync("trust", "list", "--json")).Json[0].GetProperty("did").GetString().ShouldBe(AdmissionTests.DidOf(alpha));
    }

    [Fact]
    public async Task Trust_only_leaves_the_cookie_out_and_makes_no_sense_where_the_cookie_decides()
    {
        FirnNode alpha = await UpAsync(Home, "alpha", "--admit", "both");
        await AdmissionTests.CopyCookieAsync(Home, _other);
        CommandResult joined = await _other.RunAsync("join", "--yes", "--json", "--name", "beta", await LineAsync(alpha, "--trust-only"));
        joined.ExitCode.ShouldBe(0, joined.Errors);
        (joined.Json.GetProperty("givesCookie").GetBoolean(), joined.Json.GetProperty("givesTrust").GetBoolean()).ShouldBe((false, true));
        FirnNode beta = await UpAsync(_other, "beta", "--admit", "both", "--peer", alpha.Address);
        await FirnNode.MeetAsync(alpha, beta);

        await using var third = new NodeHome();
        FirnNode byCookie = await UpAsync(third, "gamma");
        Refusal(await byCookie.RunAsync("invite", "--trust-only")).ShouldContain("--admit trust or both");
    }

    [Fact]
    public async Task Of_two_that_race_exactly_one_joins()
    {
        FirnNode alpha = await UpAsync(Home, "alpha");
        string line = await LineAsync(alpha);
        await using var third = new NodeHome();
        CommandResult[] results = await Task.WhenAll(_other.RunAsync("join", "--yes", line), third.RunAsync("join", "--yes", line));
        results.Count(result => result.ExitCode == 0).ShouldBe(1);
        Refusal(results.Single(result => result.ExitCode != 0)).ShouldContain("used up");
        new[] { _other, third }.Count(home => File.Exists(Path.Combine(home.Directory, "cookie"))).ShouldBe(1);
    }

    [Fact]
    public async Task A_person_at_the_terminal_sees_who_it_is_and_decides()
    {
        FirnNode alpha = await UpAsync(Home, "alpha");
        string line = await LineAsync(alpha);
        foreach ((string answer, int exitCode) in new[] { ("n", 1), ("y", 0) })
        {
            using var terminal = new Pty();
            ChildProcess join = _other.StartAt(terminal, "join", line);
            await terminal.AnswerAsync("Join? [y/N]", answer + "\n");
            (await join.WaitForExitAsync()).ShouldBe(exitCode);
            join.Errors.ToString().ShouldContain($"did          {AdmissionTests.DidOf(alpha)}");
            join.Errors.ToString().ShouldContain("gives        the cookie");
            File.Exists(Path.Combine(_other.Directory, "cookie")).ShouldBe(exitCode == 0);
        }
    }

    private static Task<FirnNode> UpAsync(NodeHome home, string name, params IEnumerable<string> options) =>
        home.UpAsync(["--name", name, "--no-discovery", .. options]);

    private static async Task<string> LineAsync(FirnNode node, params IEnumerable<string> options)
    {
        CommandResult made = await node.RunAsync(["invite", .. options]);
        made.ExitCode.ShouldBe(0, made.Errors);
        return made.Output;
    }

    private static async Task WaitUntilExpiredAsync(FirnNode node)
    {
        using var ceiling = new CancellationTokenSource(ChildProcess.Ceiling);
        while (!(await node.RunAsync("invite", "--list")).Output.Contains("expired", StringComparison.Ordinal))
        {
            ceiling.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The same line with another code, and a checksum that fits.</summary>
    private static string Altered(string line)
    {
        const int Code = 1 + 33 + 8;
        byte[] bytes = System.Buffers.Text.Base64Url.DecodeFromChars(line.AsSpan("firn-join1:".Length));
        bytes[Code] ^= 1;
        byte[] hash = System.Security.Cryptography.SHA256.HashData([.. "firn/1 invite line"u8, .. bytes[..^4]]);
        hash.AsSpan(0, 4).CopyTo(bytes.AsSpan(bytes.Length - 4));
        return "firn-join1:" + System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }
}
