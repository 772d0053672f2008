using System.Net;
using System.Net.Sockets;

using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Whatever keeps a node from starting is said in one line, and the exit code is 1.</summary>
public sealed class CannotStartTests : NodeTests
{
    /// <summary>Fills a home on a file system of its own, starts; gives it room, starts again. Only this process sees the mount.</summary>
    private const string DiskFull = """
        size=$1; shift
        mount -t tmpfs -o size="$size",mode=700 firn "$FIRN_HOME" || exit 99
        "$@"
        echo "exit code $?"
        mount -o remount,size=1m "$FIRN_HOME" || exit 99
        exec "$@"
        """;

    [Fact]
    public async Task The_port_is_taken_and_was_asked_for()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        string line = await RefusalAsync("--listen", $"{other.LocalEndpoint}");

        line.ShouldContain($"{other.LocalEndpoint}");
        line.ShouldContain("another program");
    }

    [Fact]
    public async Task The_address_is_not_of_this_machine() =>
        (await RefusalAsync("--listen", "192.0.2.1:0")).ShouldContain("no interface of this machine");

    [Fact]
    public async Task The_name_runs_already()
    {
        FirnNode alpha = await Home.UpAsync("--name", "alpha");

        string line = await RefusalAsync("--name", "alpha");

        line.ShouldContain(alpha.Name);
        line.ShouldContain($"process {alpha.Process.Id}");
    }

    [Fact]
    public async Task The_home_is_a_file()
    {
        string file = Home.Environment["FIRN_HOME"] = Path.Combine(Home.Directory, "file");
        await File.WriteAllTextAsync(file, "");

        (await RefusalAsync()).ShouldContain(file);
    }

    [Fact]
    public async Task The_home_cannot_be_written()
    {
        Home.Environment["FIRN_HOME"] = "/sys/firn"; // where nobody makes directories, not even root

        (await RefusalAsync()).ShouldContain("/sys/firn");
    }

    [Theory]
    [InlineData("firn_tooshort")]
    [InlineData("")]
    public async Task The_cookie_is_damaged(string text)
    {
        string path = await WriteCookieAsync(text);

        (await RefusalAsync()).ShouldContain(path);
        (await File.ReadAllTextAsync(path)).ShouldBe(text);
    }

    [Fact]
    public async Task Others_can_read_the_cookie()
    {
        string path = await WriteCookieAsync("firn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        await ChildProcess.RunAsync("chmod", ["644", path]);

        string line = await RefusalAsync();

        line.ShouldContain(path);
        line.ShouldContain("chmod 600");
    }

    [Fact]
    public async Task The_cookie_file_is_not_there()
    {
        string path = Path.Combine(Home.Directory, "nowhere");

        (await RefusalAsync("--cookie-file", path)).ShouldContain(path);
    }

    [Theory]
    [InlineData("--name", "al pha")]
    [InlineData("--cluster", "a/b")]
    [InlineData("--ping-interval", "1ms")]
    public async Task An_option_is_out_of_its_range(string option, string value) => await RefusalAsync(option, value);

    [Theory]
    [InlineData("--listen", "127.0.0.1:99999")]
    [InlineData("--peer", "beta@")]
    [InlineData("--peer", "gopher://127.0.0.1")]
    [InlineData("--role", "boss")]
    public async Task An_option_is_malformed_and_that_is_a_wrong_command_line(string option, string value) =>
        Refusal(await Home.RunAsync("up", option, value), exitCode: 2).ShouldContain(option);

    [MountFact]
    public async Task The_disk_is_full_whichever_file_meets_it_first_and_later_it_starts_as_if_nothing_had_been()
    {
        foreach (string size in new[] { "4k", "8k", "12k", "16k" })
        {
            ChildProcess firn = ChildProcess.Start(
                "unshare",
                ["--mount", "sh", "-c", DiskFull, "sh", size, FirnTool.Host, .. FirnTool.Command(["up", "--json", "--listen", "127.0.0.1:0"])],
                Home.Environment);
            await using ChildProcess _ = firn;

            (await firn.WaitForLineAsync(line => line.StartsWith("exit code"))).Text.ShouldBe("exit code 1", size);
            await firn.WaitForJsonAsync(json => json.IsEvent("started"));
            string line = firn.Errors.Lines.ShouldHaveSingleItem().Text;
            line.ShouldStartWith($"firn: {Home.Directory}");
            line.ShouldContain("No space left");
        }
    }

    private async Task<string> RefusalAsync(params string[] options)
    {
        string[] listen = options.Contains("--listen") ? [] : ["--listen", "127.0.0.1:0"];
        CommandResult result = await Home.RunAsync(["up", .. listen, .. options]);
        result.Output.ShouldBeEmpty();
        return Refusal(result);
    }

    private async Task<string> WriteCookieAsync(string text)
    {
        string path = Path.Combine(Home.Directory, "cookie");
        await File.WriteAllTextAsync(path, text);
        await ChildProcess.RunAsync("chmod", ["600", path]);
        return path;
    }
}
