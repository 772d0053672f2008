using Firn.Cli;
using Firn.Tests.Identity;

namespace Firn.Tests.Cli.Doctor;

/// <summary>What <c>firn doctor</c> makes of what lies in a home.</summary>
public sealed class HomeFindingTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly HomeFacts Good = new("/h", true, true, Private, true, 1 << 30);

    public static TheoryData<string, string, string> Homes => new()
    {
        { "good", "ok", "this user's alone" },
        { "new", "ok", "the first 'firn up' makes it" },
        { "nowhere", "problem", "FIRN_HOME" },
        { "a file", "problem", "is no directory" },
        { "somebody else's", "problem", "belongs to another user" },
        { "open", "problem", "chmod go-w /h" },
        { "read-only", "problem", "cannot be written" },
        { "full", "problem", "is full" },
        { "nearly full", "warning", "1 MiB of room left" },
        { "listable", "warning", "chmod 700 /h" },
    };

    [Theory]
    [MemberData(nameof(Homes))]
    public void A_home_is_judged(string which, string verdict, string part) => HomeCheck.Judge(which switch
    {
        "good" => Good,
        "new" => Good with { IsDirectory = null, IsMine = null, Mode = null },
        "nowhere" => Good with { IsDirectory = null, IsWritable = false },
        "a file" => Good with { IsDirectory = false },
        "somebody else's" => Good with { IsMine = false },
        "open" => Good with { Mode = Private | UnixFileMode.GroupWrite },
        "read-only" => Good with { IsWritable = false },
        "full" => Good with { FreeBytes = 100 },
        "nearly full" => Good with { FreeBytes = 1 << 20 },
        _ => Good with { Mode = Private | UnixFileMode.OtherRead },
    }).ShouldBe(verdict, part);

    public static TheoryData<int?, bool, string?, string, string> Cookies => new()
    {
        { 1, false, null, "ok", "strong" },
        { null, false, null, "ok", "none yet" },
        { 1, true, null, "warning", "firn cookie rotate" },
        { 2, false, null, "ok", "1 more still verifies until 'firn cookie retire'" },
        { 3, false, null, "ok", "2 more still verify" },
        { null, false, "/h/cookie can be read or written by other users (mode 0644): run chmod 600 on it", "problem", "chmod 600" },
    };

    [Theory]
    [MemberData(nameof(Cookies))]
    public void A_cookie_is_judged(int? count, bool isPassphrase, string? fault, string verdict, string part) =>
        CookieCheck.Judge(new CookieFacts("/h/cookie", count, isPassphrase, fault)).ShouldBe(verdict, part);

    [Fact]
    public void Identities_that_are_well_take_one_line_and_each_other_one_its_own()
    {
        var (a, b) = (NodeName.Parse("a@h"), NodeName.Parse("b@h"));
        var good = new IdentityFacts(a, "/h/nodes/a@h", true, false, false);

        IdentityCheck.Judge([]).ShouldHaveSingleItem().ShouldBe("ok", "none yet");
        IdentityCheck.Judge([good]).ShouldHaveSingleItem().ShouldBe("ok", "a@h, not encrypted");
        IdentityCheck.Judge([good, good with { Node = b, IsEncrypted = true }]).ShouldHaveSingleItem().ShouldBe("ok", "2, 1 encrypted");

        var bad = IdentityCheck.Judge([good, good with { Node = b, HasKey = false }, good with { IsExposed = true }, good with { Fault = "no DID" }]);
        bad.Count.ShouldBe(3);
        bad[0].ShouldBe("problem", "b@h has lost its key");
        bad[1].ShouldBe("problem", "chmod 600 /h/nodes/a@h/identity.pem");
        bad[2].ShouldBe("problem", "a@h: no DID");
    }

    [Theory]
    [InlineData(true, true, null, "ok", "/r")]
    [InlineData(null, null, null, "ok", "/r")]
    [InlineData(false, null, null, "problem", "no directory")]
    [InlineData(true, false, null, "problem", "another user")]
    [InlineData(true, true, "/run/user/7", "warning", "/run/user/7")]
    public void The_directory_of_control_sockets_is_judged(bool? isDirectory, bool? isMine, string? missing, string verdict, string part) =>
        RuntimeDirectoryCheck.Judge(new RuntimeDirectoryFacts("/r", isDirectory, isMine, missing)).ShouldBe(verdict, part);

    [Fact]
    public async Task Looking_makes_nothing()
    {
        using var directory = new TemporaryDirectory();
        var home = Path.Combine(directory.Path, "home");
        var around = new Surroundings(name => name == "FIRN_HOME" ? home : null);

        foreach (ICheck check in (ICheck[])[new HomeCheck(around), new CookieCheck(around), new IdentityCheck(around), new RuntimeDirectoryCheck(around), new NodesCheck(around)])
            (await check.LookAsync(default)).ShouldAllBe(finding => finding.Verdict == Verdict.Ok);

        Directory.GetFileSystemEntries(directory.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Whose_a_file_is_can_be_told_on_Linux()
    {
        using var directory = new TemporaryDirectory();
        if (!OperatingSystem.IsLinux())
        {
            UnixOwner.IsMine(directory.Path).ShouldBeNull();
            return;
        }

        UnixOwner.IsMine(directory.Path).ShouldBe(true);
        UnixOwner.IsMine("/proc/1").ShouldBe(Environment.IsPrivilegedProcess);
        UnixOwner.IsMine(directory.Path + "/none").ShouldBeNull();
    }
}
