using System.CommandLine;
using Firn.Cli;

namespace Firn.Tests;

public class CommandLineTests
{
    private static readonly string[] Commands =
    [
        "up", "status", "peers", "dial", "hangup", "ping", "names", "send", "call", "bench", "events", "stop",
        "cookie show", "cookie generate", "cookie import", "cookie rotate", "cookie retire", "cookie path", "doctor", "demo", "completions",
        "id init", "id show", "id encrypt", "id decrypt", "id export", "id import", "id rotate", "id cert",
        "trust add", "trust remove", "trust list", "trust show", "pins list", "pins forget", "invite", "join",
    ];

    [Theory]
    [InlineData("bogus", "'bogus'")]
    [InlineData("up --bogus", "'--bogus'")]
    [InlineData("up extra", "'extra'")]
    [InlineData("up --listen a@:3", "--listen: \"a@:3\": at character 3")]
    [InlineData("up --peer a..b", "--peer: \"a..b\": at character 3")]
    [InlineData("up --peer a --peer x://b", "--peer: \"x://b\": at character 1")]
    [InlineData("up --ping-interval 15", "--ping-interval: \"15\" is not a duration")]
    [InlineData("up --mesh some", "expected full or none")]
    [InlineData("up --role king", "expected indeterminate, entry, exit or relay")]
    [InlineData("up --role entry --prefer-role exit", "exclude each other")]
    [InlineData("up --prefer-role entry --exclude-role entry", "exclude each other")]
    [InlineData("up --log-level loud", "expected trace, debug, info, warning, error, none")]
    [InlineData("up --name", "--name")]
    [InlineData("dial", "'ADDRESS'")]
    [InlineData("dial a b", "'b'")]
    [InlineData("dial ::", "ADDRESS: \"::\"")]
    [InlineData("hangup", "'NAME'")]
    [InlineData("ping", "'NAME'")]
    [InlineData("ping db -c many", "-c: \"many\": expected a number of pings")]
    [InlineData("ping db -i 0s", "-i: \"0s\" is too short")]
    [InlineData("send", "'NAME@NODE'")]
    [InlineData("send chat@beta", "'TEXT'")]
    [InlineData("send chat hello", "NAME@NODE: \"chat\" names no node")]
    [InlineData("send chat@ hello", "names no node")]
    [InlineData("send ch%t@beta hello", "\"ch%t\" is no name of a process")]
    [InlineData("send @beta hello", "\"\" is no name of a process")]
    [InlineData("send chat@beta @all too", "'too'")]
    [InlineData("call chat@beta hello --timeout 5", "--timeout: \"5\" is not a duration")]
    [InlineData("names beta gamma", "'gamma'")]
    [InlineData("bench", "'PEER'")]
    [InlineData("bench db --seconds 1ms", "--seconds: \"1ms\" is out of range")]
    [InlineData("bench db --seconds 11m", "expected 10ms to 10m")]
    [InlineData("bench db --size 17M", "--size: \"17M\" is out of range")]
    [InlineData("bench db --size big", "--size: \"big\" is not a size")]
    [InlineData("bench db --streams 17", "--streams: \"17\": expected a number of streams, 1 to 16")]
    [InlineData("invite extra", "'extra'")]
    [InlineData("invite --uses many", "--uses")]
    [InlineData("invite --uses 0", "--uses: \"0\": expected a number of nodes, 1 to 64")]
    [InlineData("invite --uses 65", "expected a number of nodes, 1 to 64")]
    [InlineData("invite --expires 1", "--expires: \"1\" is not a duration")]
    [InlineData("invite --expires 0s", "--expires: \"0s\" is too short")]
    [InlineData("invite --expires 500ms", "--expires: \"500ms\" is out of range: expected 1s to 24h")]
    [InlineData("invite --expires 25h", "at most 24h")]
    [InlineData("invite --address a..b", "--address: \"a..b\": at character 3")]
    [InlineData("invite --list --cancel 0123456789abcdef", "exclude each other")]
    [InlineData("invite --list --uses 2", "exclude each other")]
    [InlineData("invite --cancel 0123456789abcdef --trust-only", "exclude each other")]
    [InlineData("join a b", "'b'")]
    [InlineData("join --name", "--name")]
    [InlineData("join --code 1 --yes", "'1'")]
    [InlineData("trust", "trust --help")]
    [InlineData("trust show", "'DID'")]
    [InlineData("pins forget", "'NAME'")]
    [InlineData("cookie", "cookie --help")]
    [InlineData("id", "id --help")]
    [InlineData("id export", "'FILE'")]
    [InlineData("id import a b", "'b'")]
    [InlineData("id encrypt --passphrase secret", "'--passphrase'")]
    [InlineData("cookie import --cookie secret", "'--cookie'")]
    [InlineData("up --cookie secret", "'--cookie'")]
    [InlineData("completions tcsh", "expected bash, zsh or fish")]
    public async Task A_wrong_command_line_is_one_line_and_exit_code_2(string line, string hint)
    {
        var (code, output, error) = await RunAsync(line);

        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldStartWith("firn: ");
        error.ShouldContain(hint);
        error.ShouldEndWith(" --help')\n");
        error.Count(c => c == '\n').ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_at_all_shows_the_commands_and_is_a_usage_error()
    {
        var (code, output, error) = await RunAsync("");

        code.ShouldBe(2);
        output.ShouldContain("firn demo");
        error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_command_has_help_with_examples()
    {
        foreach (string command in Commands)
        {
            var (code, output, error) = await RunAsync(command + " --help");

            code.ShouldBe(0);
            error.ShouldBeEmpty();
            output.ShouldContain($"firn {command}");
            output.ShouldNotContain("] [default");
            output[output.IndexOf("Examples:", StringComparison.Ordinal)..].ShouldContain("firn ");
        }
    }

    [Fact]
    public void Every_command_takes_json_and_node()
    {
        var root = Tool.CreateRoot(new CommonOptions());
        foreach (string command in Commands)
        {
            root.Parse(command + " --json --node db").Errors.Select(e => e.Message)
                .ShouldAllBe(message => message.StartsWith("Required argument", StringComparison.Ordinal), command);
        }
    }

    [Fact]
    public void No_option_takes_a_secret()
    {
        var options = AllCommands(Tool.CreateRoot(new CommonOptions())).SelectMany(command => command.Options);

        options.Select(option => option.Name).Where(name => name.Contains("cookie") || name.Contains("secret") || name.Contains("pass")).Distinct()
            .ShouldBe(["--cookie-file"]);
    }

    [Fact]
    public void All_options_of_up_reach_the_node()
    {
        var options = new UpOptions();
        var command = new Command("up");
        options.AddTo(command);
        var parsed = command.Parse(
            "--name db --listen 127.0.0.1:0 --listen [::1]:0 --peer a --peer b@c:4 --cluster lab --cookie-file f "
            + "--exclude-role relay --mesh none --ping-interval 500ms --ping-deadline 2m --no-discovery --admit both");

        parsed.Errors.ShouldBeEmpty();
        using var loggers = new LineLoggerFactory(options.LogLevelOf(parsed), _ => { });
        var node = options.ToNodeOptions(parsed, loggers);

        node.Name.ShouldBe("db");
        node.Listen.ShouldBe(["127.0.0.1:0", "[::1]:0"]);
        node.Peers.ShouldBe(["a", "b@c:4"]);
        node.Cluster.ShouldBe("lab");
        node.CookieFile.ShouldBe("f");
        node.RoleHint.ShouldBe(new RoleHint(RoleHintMode.Exclude, NodeRole.Relay));
        node.Mesh.ShouldBe(MeshMode.None);
        node.PingInterval.ShouldBe(TimeSpan.FromMilliseconds(500));
        node.PingDeadline.ShouldBe(TimeSpan.FromMinutes(2));
        node.Discovery.ShouldBeFalse();
        node.Admit.ShouldBe(AdmissionMode.Both);
    }

    [Theory]
    [InlineData("up --admit trust --cookie-file f", "--admit both")]
    [InlineData("up --admit nobody", "cookie, trust or both")]
    [InlineData("cookie import --add --force", "exclude each other")]
    [InlineData("trust add did:key:z6Mk", "did:key:zDn")]
    public async Task What_makes_no_sense_about_admission_is_a_usage_error(string line, string hint)
    {
        var (code, _, error) = await RunAsync(line);

        code.ShouldBe(2);
        error.ShouldContain(hint);
    }

    [Fact]
    public void Without_options_the_node_has_its_own_defaults()
    {
        var options = new UpOptions();
        var command = new Command("up");
        options.AddTo(command);
        using var loggers = new LineLoggerFactory(Microsoft.Extensions.Logging.LogLevel.None, _ => { });

        var node = options.ToNodeOptions(command.Parse(""), loggers);
        var defaults = new NodeOptions();

        (node.Name, node.Cluster, node.CookieFile, node.Admit).ShouldBe((null, defaults.Cluster, null, AdmissionMode.Cookie));
        (node.Mesh, node.PingInterval, node.PingDeadline, node.Discovery, node.RoleHint)
            .ShouldBe((defaults.Mesh, defaults.PingInterval, defaults.PingDeadline, defaults.Discovery, defaults.RoleHint));
        node.Listen.ShouldBeEmpty();
        node.Peers.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _firn firn")]
    [InlineData("zsh", "compdef _firn firn")]
    [InlineData("fish", "complete -c firn")]
    public async Task Completions_ask_the_tool_itself(string shell, string registration)
    {
        var (code, output, _) = await RunAsync($"completions {shell}");

        code.ShouldBe(0);
        output.ShouldContain(registration);
        output.ShouldContain("[suggest:");
    }

    [Theory]
    [InlineData("firn st", "status")]
    [InlineData("firn up --ping-", "--ping-interval")]
    [InlineData("firn up --mesh ", "none")]
    [InlineData("firn completions ", "fish")]
    [InlineData("firn cookie im", "import")]
    [InlineData("firn inv", "invite")]
    [InlineData("firn jo", "join")]
    [InlineData("firn invite --", "--uses")]
    [InlineData("firn invite --exp", "--expires")]
    [InlineData("firn invite --tr", "--trust-only")]
    [InlineData("firn invite --ad", "--address")]
    [InlineData("firn invite --ca", "--cancel")]
    [InlineData("firn join --y", "--yes")]
    [InlineData("firn join --na", "--name")]
    [InlineData("firn trust re", "remove")]
    [InlineData("firn pins fo", "forget")]
    [InlineData("firn id ro", "rotate")]
    [InlineData("firn doc", "doctor")]
    [InlineData("firn doctor --j", "--json")]
    [InlineData("firn doctor --h", "--help")]
    public async Task The_tool_suggests_what_comes_next(string line, string suggestion)
    {
        var output = new StringWriter();
        await Tool.RunAsync([$"[suggest:{line.Length}]", line], output, TextWriter.Null);

        output.ToString().ReplaceLineEndings("\n").Split('\n').ShouldContain(suggestion);
    }

    [Fact]
    public void Nothing_and_far_too_much_are_no_cookies()
    {
        Refusal("\r\n").ShouldContain("nothing came in");
        Refusal(new string('a', 5000)).ShouldContain("more than 4096");

        static string Refusal(string input) =>
            Should.Throw<FirnException>(() => CookieImportCommand.Read(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(input)))).Message;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await Tool.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), output, error);
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    private static IEnumerable<Command> AllCommands(Command command) => [command, .. command.Subcommands.SelectMany(AllCommands)];
}
