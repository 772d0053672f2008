using System.Text;
using Firn.Identity;

namespace Firn.Tests.Identity;

public sealed class FirnHomeTests : IDisposable
{
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnlyFile | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("/chosen", "/config", "/home/u", "/chosen")]
    [InlineData("", "/config", "/home/u", "/config/firn")]
    [InlineData(null, "/config", "/home/u", "/config/firn")]
    [InlineData(null, "relative", "/home/u", "/home/u/.config/firn")]
    [InlineData(null, null, "/home/u", "/home/u/.config/firn")]
    public void The_default_home_follows_the_environment(string? firn, string? config, string? user, string expected) =>
        FirnHome.DefaultPath(Environment(firn, config, user)).ShouldBe(expected);

    [Fact]
    public void Without_any_home_the_error_names_the_variable_to_set() =>
        Refusal(() => FirnHome.DefaultPath(Environment(null, null, null))).ShouldContain("FIRN_HOME");

    [Fact]
    public void A_new_home_and_what_lies_in_it_are_its_owners_alone()
    {
        var home = FirnHome.Open(_temporary.In("a", "home"));
        CookieStore.Dispose(home.Cookies.Read());
        using var node = NodeHome.Acquire(home, "alpha", DateTimeOffset.UtcNow);

        File.GetUnixFileMode(home.Path).ShouldBe(OwnerOnlyDirectory);
        File.GetUnixFileMode(node.Directory!).ShouldBe(OwnerOnlyDirectory);
        File.GetUnixFileMode(home.CookiePath).ShouldBe(OwnerOnlyFile);
        File.GetUnixFileMode(Path.Combine(node.Directory!, "identity.pem")).ShouldBe(OwnerOnlyFile);
    }

    [Fact]
    public void A_home_that_others_can_write_is_refused()
    {
        var path = _temporary.In("home");
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, OwnerOnlyDirectory | UnixFileMode.GroupWrite);

        Refusal(() => FirnHome.Open(path)).ShouldContain("chmod");
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_cookie_that_others_can_read_or_write_is_refused(UnixFileMode tooMuch)
    {
        var home = Home();
        CookieStore.Dispose(home.Cookies.Read());
        File.SetUnixFileMode(home.CookiePath, OwnerOnlyFile | tooMuch);

        Refusal(() => home.Cookies.Read()).ShouldContain("chmod 600");
        Refusal(() => CookieStore.Read(home.CookiePath)).ShouldContain("chmod 600");
    }

    [Fact]
    public void A_home_that_cannot_be_made_is_refused_with_its_path()
    {
        File.WriteAllText(_temporary.In("file"), "");

        Refusal(() => FirnHome.Open(_temporary.In("file"))).ShouldContain("file");
        Refusal(() => FirnHome.Open(_temporary.In("file", "home"))).ShouldContain("file");
        Refusal(() => FirnHome.Open("/proc/firn")).ShouldContain("/proc/firn");
    }

    [Fact]
    public void A_home_that_takes_no_files_is_refused_with_the_systems_reason()
    {
        // The file system of /proc/self refuses every new file, as a full or read-only disk does.
        Refusal(() => PrivateFiles.TryCreate("/proc/self/cookie", "x"u8)).ShouldContain("/proc/self/cookie");
        Refusal(() => PrivateFiles.Replace("/proc/self/cookie", "x"u8)).ShouldContain("/proc/self/cookie");
    }

    [Fact]
    public void A_home_has_one_cookie_from_its_first_use_on()
    {
        CookieStore.Dispose(Home().Cookies.Read());
        var first = Text(Home());

        first.ShouldStartWith("firn_");
        first.Length.ShouldBe("firn_".Length + 43 + 1);
        Text(Home()).ShouldBe(first);
    }

    [Fact]
    public void Many_that_make_the_cookie_at_once_end_up_with_the_same_one()
    {
        for (int round = 0; round < 20; round++)
        {
            var path = _temporary.In("home" + round);
            using var start = new Barrier(8);
            var found = new string[start.ParticipantCount];
            var threads = Enumerable.Range(0, start.ParticipantCount).Select(i => new Thread(() =>
            {
                start.SignalAndWait();
                found[i] = Text(FirnHome.Open(path));
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());

            found.Distinct().Count().ShouldBe(1);
            Directory.GetFiles(path).Select(Path.GetFileName).ShouldBe(["cookie", "lock"], ignoreOrder: true);
        }
    }

    [Fact]
    public void A_file_that_exists_is_never_overwritten_by_one_that_must_be_new()
    {
        var path = _temporary.In("file");

        PrivateFiles.TryCreate(path, "first"u8).ShouldBeTrue();
        PrivateFiles.TryCreate(path, "second"u8).ShouldBeFalse();

        File.ReadAllText(path).ShouldBe("first");
    }

    [Fact]
    public void A_cookie_is_replaced_only_when_told_to()
    {
        var home = Home();
        home.Cookies.Write("the first passphrase"u8, overwrite: false).ShouldBe(CookieWrite.Written);
        home.Cookies.Write("the second passphrase"u8, overwrite: false).ShouldBe(CookieWrite.AnotherIsThere);
        home.Cookies.Generate(overwrite: false).ShouldBe(CookieWrite.AnotherIsThere);
        home.Cookies.Write("the first passphrase\r\n"u8, overwrite: false).ShouldBe(CookieWrite.IsThere);
        Text(home).ShouldBe("the first passphrase\n");

        home.Cookies.Write("the second passphrase\n"u8, overwrite: true).ShouldBe(CookieWrite.Written);
        Text(home).ShouldBe("the second passphrase\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("firn_short")]
    public void A_malformed_cookie_is_neither_written_nor_read(string text)
    {
        var home = Home();
        Should.Throw<FirnException>(() => home.Cookies.Write(Encoding.ASCII.GetBytes(text), overwrite: true)).Reason.ShouldBe(FailureReason.InvalidInput);
        File.Exists(home.CookiePath).ShouldBeFalse();

        PrivateFiles.Replace(home.CookiePath, Encoding.ASCII.GetBytes(text));
        var error = Should.Throw<FirnException>(() => home.Cookies.Read());
        error.Reason.ShouldBe(FailureReason.InvalidInput);
        error.Message.ShouldContain(home.CookiePath);
    }

    [Fact]
    public void A_cookie_file_of_ones_own_must_exist_and_be_small()
    {
        Refusal(() => CookieStore.Read(_temporary.In("none"))).ShouldContain("does not exist");
        PrivateFiles.Replace(_temporary.In("large"), new byte[100_000]);
        Refusal(() => CookieStore.Read(_temporary.In("large"))).ShouldContain("more than");
    }

    private FirnHome Home() => FirnHome.Open(_temporary.In("home"));

    private static string Text(FirnHome home) => Encoding.UTF8.GetString(home.Cookies.ReadText());

    private static string Refusal(Action action)
    {
        var error = Should.Throw<FirnException>(action);
        error.Reason.ShouldBe(FailureReason.HomeUnusable);
        return error.Message;
    }

    private static Func<string, string?> Environment(string? firn, string? config, string? user) => variable => variable switch
    {
        "FIRN_HOME" => firn,
        "XDG_CONFIG_HOME" => config,
        "HOME" => user,
        _ => null,
    };
}
