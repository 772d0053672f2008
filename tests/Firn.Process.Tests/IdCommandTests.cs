using System.Text.Json;

using Firn.Identity;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary><c>firn id</c>, as people and scripts use it.</summary>
public sealed class IdCommandTests : NodeTests
{
    [Fact]
    public async Task The_identity_of_the_first_start_is_the_one_that_is_shown()
    {
        FirnNode node = await Home.UpAsync("--name", "alpha");

        JsonElement shown = (await OkAsync("id", "show", "--json")).Json; // the only one, and while it runs
        string text = (await OkAsync("id", "show")).Output;

        shown.GetProperty("name").GetString().ShouldBe(node.Name);
        shown.GetProperty("did").GetString().ShouldBe(node.Started.GetProperty("did").GetString());
        shown.GetProperty("fingerprint").GetString()!.Split(' ').Length.ShouldBe(6);
        shown.GetProperty("encrypted").GetBoolean().ShouldBeFalse();
        File.Exists(shown.GetProperty("path").GetString()).ShouldBeTrue();
        DateTimeOffset.Parse(shown.GetProperty("created").GetString()!, null).ShouldBeInRange(
            DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        text.ShouldContain(shown.GetProperty("fingerprint").GetString()!);
    }

    [Fact]
    public async Task An_identity_can_be_made_before_the_first_start_and_never_twice()
    {
        JsonElement made = (await OkAsync("id", "init", "--name", "alpha", "--json")).Json;

        Refusal(await Home.RunAsync("id", "init", "--name", "alpha")).ShouldContain(made.GetProperty("did").GetString()!);
        FirnNode node = await Home.UpAsync("--name", "alpha");

        node.Started.GetProperty("did").GetString().ShouldBe(made.GetProperty("did").GetString());
    }

    [Fact]
    public async Task Without_an_identity_it_says_how_to_make_one_and_with_several_which_there_are()
    {
        Refusal(await Home.RunAsync("id", "show")).ShouldContain("firn id init");
        await OkAsync("id", "init", "--name", "alpha");
        await OkAsync("id", "init", "--name", "beta@host.lan");
        await OkAsync("id", "init", "--name", "gamma@[2001:db8::1]");

        string several = Refusal(await Home.RunAsync("id", "show"));
        several.ShouldContain("beta@host.lan, gamma@[2001:db8::1]");
        Refusal(await Home.RunAsync("id", "show", "--name", "delta")).ShouldContain("beta@host.lan");
        (await OkAsync("id", "show", "--name", "gamma@[2001:db8::1]")).Output.ShouldContain("gamma@[2001:db8::1]");
    }

    [Fact]
    public async Task A_passphrase_is_put_on_changed_and_taken_off_at_the_terminal()
    {
        string did = (await OkAsync("id", "init", "--name", "alpha", "--json")).Json.GetProperty("did").GetString()!;

        (await AtTerminalAsync(["id", "encrypt"], ("New passphrase: ", "first"), ("Once more: ", "first"))).Output.ShouldContain("identity.age");
        (await AtTerminalAsync(["id", "encrypt"], ("Passphrase of alpha@", "first"), ("New passphrase: ", "second"), ("Once more: ", "second")))
            .ExitCode.ShouldBe(0);
        CommandResult wrong = await AtTerminalAsync(
            ["id", "decrypt"], ("Passphrase of alpha@", "first"), ("That was wrong.", "second"));

        wrong.ExitCode.ShouldBe(0, wrong.Errors);
        wrong.Output.ShouldContain(did);
        wrong.Output.ShouldContain("identity.pem");
    }

    [Fact]
    public async Task Two_that_differ_and_an_empty_one_change_nothing()
    {
        await OkAsync("id", "init", "--name", "alpha");

        (await AtTerminalAsync(["id", "encrypt"], ("New passphrase: ", "one"), ("Once more: ", "two"))).Errors.ShouldContain("not the same");
        (await AtTerminalAsync(["id", "encrypt"], ("New passphrase: ", ""))).Errors.ShouldContain("protects nothing");
        Refusal(await Home.RunAsync("id", "encrypt")).ShouldContain("nothing gives the new passphrase");

        (await OkAsync("id", "show", "--json")).Json.GetProperty("encrypted").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task The_key_of_a_running_node_is_not_changed()
    {
        FirnNode node = await Home.UpAsync("--name", "alpha");

        foreach (string command in new[] { "encrypt", "decrypt" })
            Refusal(await Home.RunAsync("id", command)).ShouldContain($"process {node.Process.Id}");
    }

    [Fact]
    public async Task An_export_is_imported_under_another_name_and_never_over_an_identity()
    {
        IdentityFiles alpha = EncryptedIdentity.Make(Home.Directory, "alpha");
        string did = IdentityCard.TryRead(alpha.Directory)!.Did.ToString();
        string backup = Path.Combine(Home.Directory, "backup.age");

        // As it is: without the passphrase.
        (await OkAsync("id", "export", backup, "--json")).Json.GetProperty("exported").GetString().ShouldBe(backup);
        (await ChildProcess.RunAsync("stat", ["-c", "%a", backup])).Output.ShouldBe("600");
        (await File.ReadAllBytesAsync(backup)).ShouldBe(await File.ReadAllBytesAsync(alpha.EncryptedPath));
        Refusal(await Home.RunAsync("id", "export", backup)).ShouldContain("is there already");

        string refused = Refusal(await Home.RunAsync("id", "import", backup, "--name", "alpha"));
        refused.ShouldContain(did);
        refused.ShouldContain("--name");
        refused.ShouldContain("FIRN_HOME");

        Home.Environment["FIRN_PASSPHRASE"] = EncryptedIdentity.Passphrase;
        JsonElement beta = (await OkAsync("id", "import", backup, "--name", "beta", "--json")).Json;
        beta.GetProperty("did").GetString().ShouldBe(did);
        beta.GetProperty("encrypted").GetBoolean().ShouldBeTrue();

        // A lost key comes back where it was; another one does not.
        File.Delete(alpha.EncryptedPath);
        (await OkAsync("id", "import", backup, "--name", "alpha", "--json")).Json.GetProperty("did").GetString().ShouldBe(did);
        File.Delete(alpha.EncryptedPath);
        string other = EncryptedIdentity.Make(Home.Directory, "other").EncryptedPath;
        Refusal(await Home.RunAsync("id", "import", other, "--name", "alpha")).ShouldContain(did);
    }

    [Fact]
    public async Task A_key_in_PEM_comes_in_through_standard_input_and_other_things_do_not()
    {
        string pem = await File.ReadAllTextAsync((await OkAsync("id", "init", "--name", "alpha", "--json")).Json.GetProperty("path").GetString()!);

        CommandResult imported = await Home.RunWithInputAsync(pem, "id", "import", "-", "--name", "beta");
        imported.ExitCode.ShouldBe(0, imported.Errors);
        imported.Output.ShouldContain("firn id encrypt");

        Refusal(await Home.RunWithInputAsync("hello", "id", "import", "-", "--name", "gamma")).ShouldContain("does not begin as an age file does");
        Refusal(await Home.RunWithInputAsync("", "id", "import", "-", "--name", "gamma")).ShouldContain("is empty");
        Refusal(await Home.RunWithInputAsync(new string('x', 70_000), "id", "import", "-", "--name", "gamma")).ShouldContain("more than");
        Refusal(await Home.RunWithInputAsync(pem.Replace("M", "N", StringComparison.Ordinal), "id", "import", "-", "--name", "gamma"))
            .ShouldContain("no P-256 private key");
        Refusal(await Home.RunAsync("id", "import", Path.Combine(Home.Directory, "nowhere"), "--name", "gamma")).ShouldContain("does not exist");
        Refusal(await Home.RunAsync("id", "show", "--name", "gamma")).ShouldContain("has no identity");
    }

    [Fact]
    public async Task The_certificate_of_an_encrypted_identity_takes_its_passphrase()
    {
        EncryptedIdentity.Make(Home.Directory, "alpha");
        Refusal(await Home.RunAsync("id", "cert")).ShouldContain("is locked");

        Home.Environment["FIRN_PASSPHRASE"] = EncryptedIdentity.Passphrase;
        CommandResult printed = await OkAsync("id", "cert", "--json");

        printed.Json.GetProperty("certificate").GetString()!.ShouldStartWith("-----BEGIN CERTIFICATE-----\n");
        (await OkAsync("id", "cert")).Output.ShouldEndWith("-----END CERTIFICATE-----");
    }

    private async Task<CommandResult> OkAsync(params string[] arguments)
    {
        CommandResult result = await Home.RunAsync(arguments);
        result.ExitCode.ShouldBe(0, result.Errors);
        return result;
    }

    private async Task<CommandResult> AtTerminalAsync(string[] arguments, params (string Prompt, string Answer)[] answers)
    {
        using var terminal = new Pty();
        ChildProcess firn = Home.StartAt(terminal, arguments);
        foreach ((string prompt, string answer) in answers)
            await terminal.AnswerAsync(prompt, answer + "\n");
        int exitCode = await firn.WaitForExitAsync();
        answers.ShouldAllBe(answer => answer.Answer == "" || !terminal.Shown.Contains(answer.Answer));
        return new CommandResult(exitCode, firn.Output.ToString(), firn.Errors.ToString());
    }
}
