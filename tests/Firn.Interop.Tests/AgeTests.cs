using System.Security.Cryptography;
using System.Text.Json;

using Firn.Testing;

namespace Firn.Interop.Tests;

/// <summary>Keys of Firn and files of stock age open each other.</summary>
public sealed class AgeTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Passphrase = "pass phrase with blanks and \u00e9";

    private readonly NodeHome _home = new();

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync() => await _home.DisposeAsync();

    [ToolFact("age", "openssl")]
    public async Task Stock_age_opens_the_key_that_Firn_encrypted()
    {
        await GivePassphraseAsync();
        JsonElement identity = (await FirnAsync("id", "init", "--encrypt", "--name", "alpha", "--json")).Json;
        await ShouldBeKeyOfAsync(identity, await DecryptAsync(identity.GetProperty("path").GetString()!));

        string backup = Path.Combine(_home.Directory, "backup.age");
        await FirnAsync("id", "export", backup, "--name", "alpha");
        await ShouldBeKeyOfAsync(identity, await DecryptAsync(backup));
    }

    [ToolFact("age", "openssl")]
    public async Task Stock_age_opens_the_key_that_was_encrypted_for_an_export()
    {
        JsonElement identity = (await FirnAsync("id", "init", "--name", "alpha", "--json")).Json;
        string backup = Path.Combine(_home.Directory, "backup.age");
        await GivePassphraseAsync();
        await FirnAsync("id", "export", backup, "--name", "alpha");

        identity.GetProperty("encrypted").GetBoolean().ShouldBeFalse();
        await ShouldBeKeyOfAsync(identity, await DecryptAsync(backup));
    }

    [ToolFact("age", "openssl")]
    public async Task Firn_opens_the_key_that_stock_age_encrypted_and_starts_with_it()
    {
        string pem = Path.Combine(_home.Directory, "key.pem"), age = Path.Combine(_home.Directory, "key.age");
        await ChildProcess.RunAsync("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", pem]);
        await EncryptAsync(pem, age);
        await GivePassphraseAsync();

        JsonElement identity = (await FirnAsync("id", "import", age, "--name", "alpha", "--json")).Json;
        FirnNode node = await _home.UpAsync("--name", "alpha");

        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(pem));
        string did = Protocol.LeafProfile.DidOf(key).ToString();
        identity.GetProperty("encrypted").GetBoolean().ShouldBeTrue();
        identity.GetProperty("did").GetString().ShouldBe(did);
        node.Started.GetProperty("did").GetString().ShouldBe(did);
        (await File.ReadAllBytesAsync(identity.GetProperty("path").GetString()!)).ShouldBe(await File.ReadAllBytesAsync(age));
    }

    [ToolFact("age", "openssl")]
    public async Task What_stock_age_encrypted_to_a_key_or_armored_is_refused_with_what_to_do()
    {
        string pem = Path.Combine(_home.Directory, "key.pem"), age = Path.Combine(_home.Directory, "key.age");
        await ChildProcess.RunAsync("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", pem]);

        await ChildProcess.RunAsync("age", ["-o", age, "-r", "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", pem]);
        (await _home.RunAsync("id", "import", age)).Errors.ShouldContain("expected what age -p writes");

        await EncryptAsync(pem, age, "--armor");
        (await _home.RunAsync("id", "import", age)).Errors.ShouldContain("expected the binary form");
    }

    private async Task<CommandResult> FirnAsync(params string[] arguments)
    {
        CommandResult result = await _home.RunAsync(arguments);
        result.ExitCode.ShouldBe(0, result.Errors);
        return result;
    }

    private async Task GivePassphraseAsync()
    {
        string path = _home.Environment["FIRN_PASSPHRASE_FILE"] = Path.Combine(_home.Directory, "passphrase");
        await File.WriteAllTextAsync(path, Passphrase + "\n");
        await ChildProcess.RunAsync("chmod", ["600", path]);
    }

    private static async Task ShouldBeKeyOfAsync(JsonElement identity, string pem)
    {
        pem.ShouldStartWith("-----BEGIN PRIVATE KEY-----\n");
        CommandResult checkedKey = await ChildProcess.RunAsync("openssl", ["pkey", "-check", "-noout"], input: pem);
        checkedKey.Output.ShouldContain("Key is valid");
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(pem);
        Protocol.LeafProfile.DidOf(key).ToString().ShouldBe(identity.GetProperty("did").GetString());
    }

    /// <summary>What <c>age -d</c> writes, which asks at its terminal.</summary>
    private static async Task<string> DecryptAsync(string path)
    {
        using var terminal = new Pty();
        await using ChildProcess age = terminal.Start("age", ["-d", path]);
        await terminal.AnswerAsync("Enter passphrase", Passphrase + "\n");
        (await age.WaitForExitAsync()).ShouldBe(0, age.Errors.ToString());
        return age.Output.ToString();
    }

    /// <summary>With <c>age -p</c>, which asks twice at its terminal.</summary>
    private static async Task EncryptAsync(string from, string to, params string[] options)
    {
        File.Delete(to);
        using var terminal = new Pty();
        await using ChildProcess age = terminal.Start("age", ["-p", "-o", to, .. options, from]);
        await terminal.AnswerAsync("Enter passphrase", Passphrase + "\n");
        await terminal.AnswerAsync("Confirm passphrase", Passphrase + "\n");
        (await age.WaitForExitAsync()).ShouldBe(0, age.Errors.ToString());
    }
}
