using System.Text;

using Firn.Identity;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Who takes an image of a running node's memory finds neither passphrase nor the text of cookie and key.</summary>
public sealed class MemoryImageTests : NodeTests
{
    private const string Cookie = "firn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    [Fact]
    public async Task After_a_passphrase_from_a_file()
    {
        EncryptedIdentity.Make(Home.Directory, "alpha");
        Home.Environment["FIRN_PASSPHRASE_FILE"] = Write("passphrase", EncryptedIdentity.Passphrase + "\n");
        Write("cookie", Cookie + "\n");

        FirnNode node = await Home.UpAsync("--name", "alpha");

        ShouldHoldNone(node, EncryptedIdentity.Passphrase, Cookie);
    }

    [Fact]
    public async Task After_a_passphrase_from_the_terminal()
    {
        EncryptedIdentity.Make(Home.Directory, "alpha");
        using var terminal = new Pty();
        ChildProcess firn = Home.StartAt(terminal, "up", "--json", "--name", "alpha", "--listen", "127.0.0.1:0");
        await terminal.AnswerAsync("Passphrase of alpha@", "wrong 9358 passphrase\n");
        await terminal.AnswerAsync("That was wrong.", EncryptedIdentity.Passphrase + "\n");

        FirnNode node = await FirnNode.StartAsync(Home, firn);

        ShouldHoldNone(node, EncryptedIdentity.Passphrase, "wrong 9358 passphrase");
    }

    [Fact]
    public async Task With_a_key_that_is_not_encrypted_and_with_a_cookie_at_the_first_start_and_the_next()
    {
        FirnNode first = await Home.UpAsync("--name", "alpha");
        string[] pem = File.ReadAllLines(Directory.GetFiles(Home.Directory, "identity.pem", SearchOption.AllDirectories).Single());
        string cookie = File.ReadAllText(Path.Combine(Home.Directory, "cookie")).Trim();
        ShouldHoldNone(first, pem[1], pem[2], cookie);   // which it has made
        first.Process.Send(Signal.Terminate);
        await first.Process.WaitForExitAsync();

        FirnNode second = await Home.UpAsync("--name", "alpha");

        ShouldHoldNone(second, pem[1], pem[2], cookie);   // which it has read
    }

    /// <summary>The tool that was given a cookie, while it waits for a node that does not answer: what is not wiped by then is left behind.</summary>
    [Theory]
    [InlineData("import", "--add")]
    [InlineData("generate", "--force")]
    public async Task In_the_tool_after_a_cookie_was_typed_or_made(string command, string option)
    {
        FirnNode node = await Home.UpAsync("--name", "alpha");
        node.Process.Send(Signal.Stop);
        string path = Path.Combine(Home.Directory, "cookie");
        string before = await File.ReadAllTextAsync(path);
        ChildProcess tool = Home.Start("cookie", command, option);
        await tool.Input.WriteAsync(Cookie + "\n");
        tool.Input.Close();
        using var ceiling = new CancellationTokenSource(ChildProcess.Ceiling);
        string after;
        while ((after = (await File.ReadAllTextAsync(path, ceiling.Token)).Split('\n')[0]) == before.Trim())
        {
            tool.HasExited.ShouldBeFalse();
        }

        after.Length.ShouldBe(Cookie.Length);
        Holds(tool, Encoding.Unicode, Home.Directory).ShouldBeTrue();   // the search works
        while (Holds(tool, Encoding.UTF8, after) || Holds(tool, Encoding.Unicode, after))
        {
            ceiling.Token.ThrowIfCancellationRequested();   // it was about to wipe it
            tool.HasExited.ShouldBeFalse();
        }

        node.Process.Send(Signal.Continue);
        (await tool.WaitForExitAsync()).ShouldBe(0);
    }

    private static void ShouldHoldNone(FirnNode node, params string[] secrets)
    {
        // What is no secret is there, in both forms: the search works.
        Holds(node, Encoding.UTF8, node.Name).ShouldBeTrue();
        Holds(node, Encoding.Unicode, node.Name).ShouldBeTrue();
        foreach (string secret in secrets)
        {
            Holds(node, Encoding.UTF8, secret).ShouldBeFalse(secret);
            Holds(node, Encoding.Unicode, secret).ShouldBeFalse(secret);
        }
    }

    private static bool Holds(FirnNode node, Encoding encoding, string text) => Holds(node.Process, encoding, text);

    private static bool Holds(ChildProcess process, Encoding encoding, string text) => ProcessMemory.Holds(process.Id, encoding.GetBytes(text));

    private string Write(string name, string text)
    {
        string path = Path.Combine(Home.Directory, name);
        PrivateFiles.Replace(path, Encoding.UTF8.GetBytes(text));
        return path;
    }
}
