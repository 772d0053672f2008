using System.Net.Sockets;
using Firn.Cli;
using Firn.Identity;
using Firn.Protocol;
using Firn.Testing;
using Firn.Tests.Identity;

namespace Firn.Tests.Cli.Doctor;

/// <summary>What <c>firn doctor</c> finds in homes that are really ill.</summary>
public sealed class HomeExaminationTests : IDisposable
{
    private const UnixFileMode OpenToAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly TemporaryDirectory _temporary = new();
    private readonly Surroundings _around;
    private string? _runtime;

    public HomeExaminationTests() => _around = new Surroundings(name => name switch
    {
        "FIRN_HOME" => Home,
        "XDG_RUNTIME_DIR" => _runtime,
        _ => null,
    });

    private string Home => _temporary.In("home");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_home_that_others_can_write_and_one_that_is_a_file()
    {
        Directory.CreateDirectory(Home);
        File.SetUnixFileMode(Home, OpenToAll);
        (await FindAsync(new HomeCheck(_around))).ShouldBe("problem", "can be written by other users (mode 746)");

        Directory.Delete(Home);
        await File.WriteAllTextAsync(Home, "");
        (await FindAsync(new HomeCheck(_around))).ShouldBe("problem", "is no directory");
    }

    [Fact]
    public async Task No_home_at_all() =>
        (await FindAsync(new HomeCheck(new Surroundings(static _ => null)))).ShouldBe("problem", "FIRN_HOME");

    [Fact]
    public async Task Cookies()
    {
        string path = FirnHome.Open(Home).CookiePath;
        foreach (var (text, verdict, part) in new[]
        {
            ("correct horse battery staple", "warning", "a passphrase"),
            ("firn_short", "problem", path),
            ($"{NodeGroup.Cookie}\n{Cookie.Generate(new byte[32])}", "ok", "1 more still verifies"),
        })
        {
            await File.WriteAllTextAsync(path, text + "\n");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            (await FindAsync(new CookieCheck(_around))).ShouldBe(verdict, part);
        }

        File.SetUnixFileMode(path, OpenToAll);
        (await FindAsync(new CookieCheck(_around))).ShouldBe("problem", "chmod");
    }

    [Fact]
    public async Task Identities()
    {
        var home = FirnHome.Open(Home);
        using var node = Firn.Identity.NodeHome.Acquire(home, "a@h", DateTimeOffset.UtcNow);
        var files = IdentityFiles.Of(home, node.Name);
        (await FindAsync(new IdentityCheck(_around))).ShouldBe("ok", "a@h, not encrypted");

        File.SetUnixFileMode(files.KeyPath, OpenToAll);
        (await FindAsync(new IdentityCheck(_around))).ShouldBe("problem", $"chmod 600 {files.KeyPath}");

        File.Delete(files.KeyPath);
        (await FindAsync(new IdentityCheck(_around))).ShouldBe("problem", "a@h has lost its key");

        await File.WriteAllTextAsync(IdentityCard.PathIn(files.Directory), "no DID");
        (await FindAsync(new IdentityCheck(_around))).ShouldBe("problem", "a@h: ");
    }

    [Fact]
    public async Task The_directory_of_control_sockets()
    {
        FirnHome.Open(Home);
        (await FindAsync(new RuntimeDirectoryCheck(_around))).ShouldBe("ok", "control sockets lie in");

        _runtime = _temporary.In("gone");
        (await FindAsync(new RuntimeDirectoryCheck(_around))).ShouldBe("warning", $"names {_runtime}, which is not there");

        _runtime = null;
        string run = Path.GetDirectoryName(ControlSocketPath.Locate(FirnHome.Open(Home), NodeName.Parse("a@a"), _around.Variable))!;
        await File.WriteAllTextAsync(run, "");
        (await FindAsync(new RuntimeDirectoryCheck(_around))).ShouldBe("problem", $"{run} is no directory");
    }

    [Fact]
    public async Task A_node_that_hangs_up_on_whoever_asks()
    {
        using var node = Firn.Identity.NodeHome.Acquire(FirnHome.Open(Home), "a@h", DateTimeOffset.UtcNow);
        string path = _temporary.In("s");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        var hangingUp = HangUpAsync(socket);
        RunningNodes.Announce(node, new RunningNode(node.Name, node.Did, 7, "default", [], path, DateTimeOffset.UtcNow));

        (await FindAsync(new NodesCheck(_around))).ShouldBe("problem", "a@h (process 7) does not answer");

        socket.Dispose();
        await hangingUp;
    }

    [Fact]
    public async Task A_check_that_fails_is_a_finding_and_keeps_no_other_from_being_told()
    {
        var findings = await Examination.RunAsync([new FailingCheck(), new HomeCheck(_around)], default).ToListAsync();

        findings.Count.ShouldBe(2);
        findings[0].ShouldBe("problem", "FailingCheck");
        findings[0].Found.ShouldContain("the test says so");
        findings[1].Verdict.ShouldBe(Verdict.Ok);
    }

    private static async Task HangUpAsync(Socket socket)
    {
        try
        {
            while (true)
                (await socket.AcceptAsync()).Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task<Finding> FindAsync(ICheck check) => (await check.LookAsync(default)).ShouldHaveSingleItem();

    private sealed class FailingCheck : ICheck
    {
        public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => throw new InvalidOperationException("the test says so.");
    }
}
