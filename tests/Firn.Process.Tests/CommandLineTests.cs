using System.Text.Json;

using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>The tool end to end: what is typed, what comes out, and how it ends.</summary>
public sealed class CommandLineTests : NodeTests
{
    private static readonly string[] PeerMembers =
    [
        "name", "did", "incarnation", "sessionId", "address", "transport", "direction", "role", "capabilities", "rttMs",
        "connectedAt", "softwareVersion", "admission", "cookie",
    ];

    [Fact]
    public async Task Two_nodes_are_connected_looked_at_pinged_and_hung_up_on()
    {
        FirnNode[] nodes = await Task.WhenAll(
            Home.UpAsync("--name", "alpha", "--no-discovery"), Home.UpAsync("--name", "beta", "--no-discovery"));
        (FirnNode alpha, FirnNode beta) = (nodes[0], nodes[1]);

        CommandResult dial = await alpha.RunAsync("dial", beta.Address, "--json");
        dial.ExitCode.ShouldBe(0, dial.Errors);
        Members(dial.Json).ShouldBe(PeerMembers);
        CommandResult again = await alpha.RunAsync("dial", $"beta@{beta.Address}");
        again.ExitCode.ShouldBe(0, again.Errors);
        again.Output.ShouldStartWith($"connected to {beta.Name}");
        await FirnNode.MeetAsync(alpha, beta);

        CommandResult ping = await alpha.RunAsync("ping", "beta", "-c", "3", "-i", "10ms");
        ping.ExitCode.ShouldBe(0, ping.Errors);
        ping.Output.ShouldContain("3 sent, 3 received, 0% loss");
        ping.Output.ShouldContain("rtt min/avg/max/mdev = ");

        JsonElement peer = (await alpha.RunAsync("peers", "--json")).Json.EnumerateArray().ShouldHaveSingleItem();
        Members(peer).ShouldBe(PeerMembers);
        peer.GetProperty("name").GetString().ShouldBe(beta.Name);
        peer.GetProperty("did").GetString().ShouldBe(beta.Started.GetProperty("did").GetString());
        peer.GetProperty("incarnation").GetUInt64().ShouldBe(beta.Incarnation);
        peer.GetProperty("address").GetString().ShouldBe($"tcp://{beta.Address}");
        peer.GetProperty("transport").GetString().ShouldBe("tcp");
        peer.GetProperty("direction").GetString().ShouldBe("outbound");
        peer.GetProperty("rttMs").GetDouble().ShouldBeGreaterThan(0);
        peer.GetProperty("connectedAt").GetDateTime().Kind.ShouldBe(DateTimeKind.Utc);
        (await beta.PeersAsync()).ShouldHaveSingleItem().SessionId.ShouldBe(peer.GetProperty("sessionId").GetString());
        (await alpha.RunAsync("peers")).Output.ShouldContain(beta.Name);

        JsonElement status = (await alpha.RunAsync("status", "--json")).Json;
        Members(status).ShouldBe(["name", "did", "incarnation", "cluster", "listening", "peers", "startedAt", "version", "admission"]);
        status.GetProperty("listening")[0].GetString().ShouldBe($"tcp://{alpha.Address}");
        status.GetProperty("peers").GetInt32().ShouldBe(1);
        status.GetProperty("cluster").GetString().ShouldBe("default");

        CommandResult hangup = await alpha.RunAsync("hangup", "be");
        hangup.ShouldBe(new CommandResult(0, $"hung up on {beta.Name}", ""));
        foreach ((FirnNode node, FirnNode other) in new[] { (alpha, beta), (beta, alpha) })
        {
            JsonElement down = (await node.SeesAsync("peerDown", other)).Json();
            down.GetProperty("reason").GetString().ShouldBe("hangup");
            (await node.PeersAsync()).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Events_stream_until_the_node_stops_and_stop_returns_when_it_has()
    {
        FirnNode[] nodes = await Task.WhenAll(
            Home.UpAsync("--name", "alpha", "--no-discovery"), Home.UpAsync("--name", "beta", "--no-discovery"));
        (FirnNode alpha, FirnNode beta) = (nodes[0], nodes[1]);
        ChildProcess events = Home.Start("events", "--node", "beta", "--json");

        // It does not say when it has begun to listen: make something happen until it has.
        while (events.Output.Lines.Count == 0)
        {
            OutputLine mark = beta.Mark;
            await alpha.DialAsync(beta.Address);
            using (var control = alpha.Control())
            {
                await control.HangupAsync(beta.Name, CancellationToken.None);
            }

            await beta.SeesAsync("peerDown", alpha, mark);
        }

        JsonElement seen = events.Output.Lines[0].Json();
        seen.GetProperty("event").GetString().ShouldBeOneOf("peerUp", "peerChanged", "peerDown");
        seen.GetProperty("peer").GetProperty("name").GetString().ShouldBe(alpha.Name);

        CommandResult stop = await beta.RunAsync("stop", "--json");
        stop.ExitCode.ShouldBe(0, stop.Errors);
        stop.Json.GetProperty("name").GetString().ShouldBe(beta.Name);
        (await beta.Process.WaitForExitAsync()).ShouldBe(0);
        beta.Process.Output.Lines[^1].Json().GetProperty("event").GetString().ShouldBe("stopped");
        (await events.WaitForExitAsync()).ShouldBe(0);
        events.Errors.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_terminal_up_says_in_lines_who_it_is_where_it_listens_and_how_others_join()
    {
        ChildProcess up = Home.Start("up", "--name", "alpha", "--listen", "127.0.0.1:0");

        string name = (await up.WaitForLineAsync(line => line.EndsWith(" is up"))).Text[..^" is up".Length];
        await up.WaitForLineAsync(line => line.StartsWith("did:key:zDn"));
        string address = (await up.WaitForLineAsync(line => line.StartsWith("listening on tcp://"))).Text["listening on tcp://".Length..];
        await up.WaitForLineAsync(line => line.Contains($"firn up --peer {address}"));
        FirnNode beta = await Home.UpAsync("--name", "beta");

        await up.WaitForLineAsync(line => line.Contains($"{beta.Name} is up"));
        up.Send(Signal.Terminate);
        (await up.WaitForExitAsync()).ShouldBe(0);
        name.ShouldStartWith("alpha@");
        up.Output.Lines[^1].Text.ShouldBe("stopped");
        up.Errors.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_node_is_chosen_by_the_beginning_of_its_name_and_what_is_ambiguous_is_refused()
    {
        FirnNode[] nodes = await Task.WhenAll(
            Home.UpAsync("--name", "alpha", "--no-discovery"), Home.UpAsync("--name", "alto", "--no-discovery"));

        (await Home.RunAsync("status", "--node", "alp", "--json")).Json.GetProperty("name").GetString().ShouldBe(nodes[0].Name);
        Refusal(await Home.RunAsync("status", "--node", "al")).ShouldContain($"{nodes[0].Name}, {nodes[1].Name}");
        Refusal(await Home.RunAsync("peers")).ShouldContain("--node NAME");
        Refusal(await Home.RunAsync("peers", "--node", "zeta")).ShouldContain("zeta");
    }

    [Fact]
    public async Task A_failure_is_one_line_and_exit_code_1_and_a_wrong_command_line_one_line_and_2()
    {
        Refusal(await Home.RunAsync("status")).ShouldContain("firn up");

        FirnNode alpha = await Home.UpAsync("--name", "alpha");
        Refusal(await Home.RunAsync("ping", "nobody", "-c", "1")).ShouldContain("nobody");
        Refusal(await Home.RunAsync("hangup", "nobody")).ShouldContain("nobody");
        CommandResult dial = await Home.RunAsync("dial", "127.0.0.1:1", "--json");
        Refusal(dial).ShouldContain("127.0.0.1:1");
        dial.Json.GetProperty("reason").GetString().ShouldBe("unreachable");

        foreach (string[] wrong in new string[][] { ["fly"], ["up", "--ping-interval", "15"], ["dial", "beta@"], ["ping", "b", "-c", "x"] })
        {
            CommandResult result = await Home.RunAsync(wrong);
            Refusal(result, exitCode: 2).ShouldContain("--help");
            result.Output.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Help_says_what_there_is()
    {
        CommandResult help = await Home.RunAsync("--help");

        help.ExitCode.ShouldBe(0);
        foreach (string command in new[] { "up", "status", "peers", "dial", "hangup", "ping", "names", "send", "call", "bench", "events", "stop", "cookie", "trust", "pins", "demo", "completions" })
        {
            help.Output.ShouldContain($"\n  {command}");
        }

        help.Output.ShouldContain("Examples:");
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completions_are_a_script_that_the_shell_can_read(string shell)
    {
        CommandResult script = await Home.RunAsync("completions", shell);

        script.ExitCode.ShouldBe(0);
        script.Output.ShouldContain("firn");
        if (Prerequisites.MissingTools(shell) is null)
        {
            CommandResult check = await ChildProcess.RunAsync(shell, ["-n"], input: script.Output + "\n");
            check.ShouldBe(new CommandResult(0, "", ""));
        }
    }

    /// <summary>In the shell itself, which calls the function that the script defines; zsh has it outside of its line editor.</summary>
    [Theory]
    [InlineData("bash", "COMP_LINE='firn doctor --j'; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(firn doctor --j); COMP_CWORD=2; _firn; printf '%s\\n' \"${COMPREPLY[@]}\"")]
    [InlineData("zsh", "BUFFER='firn doctor --j'; CURSOR=${#BUFFER}; _firn")]
    [InlineData("fish", "complete -C 'firn doctor --j'")]
    public async Task A_shell_completes_the_options_of_a_command(string shell, string press)
    {
        if (OperatingSystem.IsWindows() || Prerequisites.MissingTools(shell) is not null)
        {
            return;
        }

        string bin = Path.Combine(Home.Directory, "bin");
        Directory.CreateDirectory(bin);
        string tool = string.Join(' ', FirnTool.Command([]).Prepend(FirnTool.Host).Select(word => $"'{word}'"));
        await File.WriteAllTextAsync(Path.Combine(bin, "firn"), $"#!/bin/sh\nexec {tool} \"$@\"\n");
        File.SetUnixFileMode(Path.Combine(bin, "firn"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string script = (await Home.RunAsync("completions", shell)).Output;
        string around = shell == "zsh" ? "compdef() { }\ncompadd() { shift; print -l -- \"$@\"; }\n" : "";
        var environment = new Dictionary<string, string?>(Home.Environment) { ["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}" };

        CommandResult completed = await ChildProcess.RunAsync(shell, ["-c", $"{around}{script}\n{press}"], environment);

        completed.Output.Split('\n').Select(line => line.Split('\t')[0]).ShouldContain("--json", completed.ToString());
    }

    [Fact]
    public async Task Completing_a_line_makes_no_home()
    {
        Home.Environment["FIRN_HOME"] = Path.Combine(Home.Directory, "none");

        foreach (string line in new[] { "firn peers --node ", "firn id show --name ", "firn ping " })
        {
            (await Home.RunAsync($"[suggest:{line.Length}]", line)).ExitCode.ShouldBe(0);
        }

        Directory.Exists(Home.Environment["FIRN_HOME"]).ShouldBeFalse();
    }

    private static IEnumerable<string> Members(JsonElement json) => json.EnumerateObject().Select(member => member.Name);
}
