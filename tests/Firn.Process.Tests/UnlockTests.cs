using System.Text;

using Firn.Identity;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>A node whose key is encrypted, and the ways to its passphrase.</summary>
public sealed class UnlockTests : NodeTests
{
    private const string Prompt = "Passphrase of alpha@";

    private readonly IdentityFiles _files;

    public UnlockTests() => _files = EncryptedIdentity.Make(Home.Directory, "alpha");

    [Theory]
    [InlineData("\n")]
    [InlineData("")]
    [InlineData("\r\n")]
    public async Task It_starts_with_a_passphrase_from_a_file(string end)
    {
        Home.Environment["FIRN_PASSPHRASE_FILE"] = await WriteAsync("passphrase", EncryptedIdentity.Passphrase + end);

        await ShouldStartAsync();
    }

    [Fact]
    public async Task It_starts_with_a_credential_of_systemd_before_all_others()
    {
        await WriteAsync("firn-passphrase", EncryptedIdentity.Passphrase, mode: "440"); // as systemd shows it to others than root
        Home.Environment["CREDENTIALS_DIRECTORY"] = Home.Directory;
        Home.Environment["FIRN_PASSPHRASE_FILE"] = await WriteAsync("passphrase", "wrong");
        Home.Environment["FIRN_PASSPHRASE"] = "wrong";

        await ShouldStartAsync();
    }

    [Fact]
    public async Task It_starts_with_a_passphrase_from_the_environment_where_it_is_no_longer_then()
    {
        Home.Environment["FIRN_PASSPHRASE"] = EncryptedIdentity.Passphrase;

        FirnNode node = await ShouldStartAsync();

        string environment = await File.ReadAllTextAsync($"/proc/{node.Process.Id}/environ");
        environment.ShouldContain("FIRN_HOME=");
        environment.ShouldContain("FIRN_PASSPHRASE=");
        environment.ShouldNotContain(EncryptedIdentity.Passphrase);
    }

    [Fact]
    public async Task It_asks_at_the_terminal_without_showing_the_answer_and_asks_again_when_that_was_wrong()
    {
        using var terminal = new Pty();
        ChildProcess firn = StartAt(terminal);

        await terminal.AnswerAsync(Prompt, "wrong 1\n");
        await terminal.AnswerAsync("That was wrong. Try 2 of 3: " + Prompt, "wrong 2\n");
        await terminal.AnswerAsync("That was wrong. Try 3 of 3: " + Prompt, EncryptedIdentity.Passphrase + "\n");

        FirnNode node = await FirnNode.StartAsync(Home, firn);
        node.Started.GetProperty("did").GetString().ShouldBe(Did);
        terminal.Shown.ShouldNotContain("wrong 1");
        terminal.Shown.ShouldNotContain("horse");
    }

    [Fact]
    public async Task It_gives_up_after_three_wrong_answers()
    {
        using var terminal = new Pty();
        ChildProcess firn = StartAt(terminal);
        for (int attempt = 1; attempt <= 3; attempt++)
            await terminal.AnswerAsync(Prompt, $"wrong {attempt}\n", attempt);

        string line = await FailureAsync(firn);

        line.ShouldContain("the passphrase from the terminal is wrong");
        line.ShouldContain(_files.EncryptedPath);
    }

    [Fact]
    public async Task Nothing_typed_gives_up_at_once()
    {
        using var terminal = new Pty();
        ChildProcess firn = StartAt(terminal);
        await terminal.AnswerAsync(Prompt, "\n");

        (await FailureAsync(firn)).ShouldContain("the terminal gave no passphrase");
    }

    [Theory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate)]
    internal async Task A_signal_at_the_prompt_ends_it_and_the_terminal_echoes_again(Signal signal)
    {
        using var terminal = new Pty();
        ChildProcess firn = StartAt(terminal);
        await terminal.AnswerAsync(Prompt, "");
        (await IsEchoingAsync(terminal)).ShouldBeFalse();

        firn.Send(signal);

        (await firn.WaitForExitAsync()).ShouldBe(0); // as whenever a node is asked to end
        (await IsEchoingAsync(terminal)).ShouldBeTrue();
    }

    [Fact]
    public async Task In_the_background_of_a_terminal_it_does_not_ask()
    {
        using var terminal = new Pty();
        await using ChildProcess shell = terminal.Start(
            "sh",
            ["-c", "set -m; \"$@\" & wait $!", "sh", FirnTool.Host, .. FirnTool.Command(["up", "--name", "alpha", "--listen", "127.0.0.1:0"])],
            Home.Environment);

        (await FailureAsync(shell)).ShouldContain("the terminal: this runs in the background");
    }

    [Fact]
    public async Task Without_any_way_it_says_what_it_looked_at()
    {
        string line = await RefusalAsync();

        line.ShouldContain("alpha@");
        line.ShouldContain("is locked");
        line.ShouldContain(_files.EncryptedPath);
        line.ShouldContain("systemd credential firn-passphrase: CREDENTIALS_DIRECTORY is not set");
        line.ShouldContain("FIRN_PASSPHRASE_FILE: not set");
        line.ShouldContain("FIRN_PASSPHRASE: not set");
        line.ShouldContain("the terminal: there is none");
    }

    [Fact]
    public async Task A_wrong_passphrase_is_said_to_be_wrong_and_where_it_came_from()
    {
        string path = Home.Environment["FIRN_PASSPHRASE_FILE"] = await WriteAsync("passphrase", EncryptedIdentity.Passphrase + "x");
        Home.Environment["FIRN_PASSPHRASE"] = EncryptedIdentity.Passphrase; // the next one is not tried in its place

        string line = await RefusalAsync();

        line.ShouldContain(path);
        line.ShouldContain("is wrong");
    }

    [Fact]
    public async Task A_passphrase_or_a_key_that_others_can_read_is_refused()
    {
        string path = Home.Environment["FIRN_PASSPHRASE_FILE"] = await WriteAsync("passphrase", EncryptedIdentity.Passphrase, mode: "640");
        string line = await RefusalAsync();
        line.ShouldContain(path);
        line.ShouldContain("chmod 600");

        await ChildProcess.RunAsync("chmod", ["600", path]);
        await ChildProcess.RunAsync("chmod", ["644", _files.EncryptedPath]);
        line = await RefusalAsync();
        line.ShouldContain(_files.EncryptedPath);
        line.ShouldContain("chmod 600");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_hint_is_for_those_whose_key_is_not_encrypted(bool isEncrypted)
    {
        Home.Environment["FIRN_PASSPHRASE_FILE"] = await WriteAsync("passphrase", EncryptedIdentity.Passphrase);

        ChildProcess firn = Home.Start("up", "--name", isEncrypted ? "alpha" : "beta", "--listen", "127.0.0.1:0");
        await firn.WaitForLineAsync(line => line.Contains("firn up "));

        firn.Output.Lines.Count(line => line.Text.Contains("firn id encrypt")).ShouldBe(isEncrypted ? 0 : 1);
    }

    private string Did => IdentityCard.TryRead(_files.Directory)!.Did.ToString();

    private async Task<FirnNode> ShouldStartAsync()
    {
        FirnNode node = await Home.UpAsync("--name", "alpha");
        node.Started.GetProperty("did").GetString().ShouldBe(Did);
        return node;
    }

    private ChildProcess StartAt(Pty terminal) => Home.StartAt(terminal, "up", "--json", "--name", "alpha", "--listen", "127.0.0.1:0");

    private async Task<string> RefusalAsync() => Refusal(await Home.RunAsync("up", "--name", "alpha", "--listen", "127.0.0.1:0"));

    private static async Task<string> FailureAsync(ChildProcess firn)
    {
        (await firn.WaitForExitAsync()).ShouldBe(1);
        return firn.Errors.Lines.ShouldHaveSingleItem().Text;
    }

    private static async Task<bool> IsEchoingAsync(Pty terminal)
    {
        CommandResult modes = await ChildProcess.RunAsync("stty", ["-a", "-F", terminal.Path]);
        modes.ExitCode.ShouldBe(0, modes.Errors);
        return modes.Output.Split(' ', '\n').Contains("echo");
    }

    private async Task<string> WriteAsync(string name, string text, string mode = "600")
    {
        string path = Path.Combine(Home.Directory, name);
        await File.WriteAllBytesAsync(path, Encoding.UTF8.GetBytes(text));
        await ChildProcess.RunAsync("chmod", [mode, path]);
        return path;
    }
}
