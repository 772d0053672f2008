using System.Text;
using Firn.Identity;
using Firn.Protocol;
using Firn.Testing;

namespace Firn.Tests.Identity;

/// <summary>A file of cookies, one a line: how it is read, and that no change of it loses one unasked.</summary>
public sealed class CookieStoreTests : IDisposable
{
    private const string Third = "firn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private readonly TemporaryDirectory _temporary = new();
    private readonly FirnHome _home;

    public CookieStoreTests() => _home = FirnHome.Open(_temporary.In("home"));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void One_line_is_one_cookie_as_ever_with_or_without_its_newline()
    {
        foreach (string text in new[] { NodeGroup.Cookie, NodeGroup.Cookie + "\n", NodeGroup.Cookie + "\r\n", "a pass phrase \n", "#no comment" })
        {
            Put(text);
            Kinds(_home.Cookies.Read()).ShouldHaveSingleItem();
        }

        Put($"{NodeGroup.Cookie}\r\na pass phrase\n{Third}");
        Kinds(_home.Cookies.Read()).ShouldBe([false, true, false]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData(NodeGroup.Cookie + "\n\n" + Third)]
    [InlineData(NodeGroup.Cookie + "\nfirn_damaged")]
    public void A_line_that_is_no_cookie_is_said_to_be_that_one(string text)
    {
        Put(text);
        var failure = Should.Throw<FirnException>(() => _home.Cookies.Read());
        failure.Reason.ShouldBe(FailureReason.InvalidInput);
        failure.Message.ShouldContain(_home.CookiePath);
        if (text.Length > 2)
            failure.Message.ShouldContain("line 2");
        Should.Throw<FirnException>(() => _home.Cookies.Rotate());
        Text().ShouldBe(text, "what is damaged is not made worse");
    }

    [Fact]
    public void A_rotation_puts_a_new_cookie_before_the_old_ones_and_a_retirement_leaves_it_alone()
    {
        _home.Cookies.Rotate().ShouldBe(0, "there was none before");
        Put(NodeGroup.Cookie);
        _home.Cookies.Rotate().ShouldBe(1);
        var lines = Text().TrimEnd('\n').Split('\n');
        lines.Length.ShouldBe(2);
        lines[0].ShouldMatch("^firn_[A-Za-z0-9_-]{43}$");
        lines[1].ShouldBe(NodeGroup.Cookie);
        File.GetUnixFileMode(_home.CookiePath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        _home.Cookies.Retire().ShouldBe(1);
        Text().ShouldBe(lines[0] + "\n");
        _home.Cookies.Retire().ShouldBe(0);
        Directory.GetFiles(_home.Path).Select(Path.GetFileName).ShouldBe(["cookie", "lock"], ignoreOrder: true);
    }

    [Fact]
    public void A_cookie_that_is_added_proves_and_one_that_was_there_moves()
    {
        Add(NodeGroup.Cookie).ShouldBeTrue();
        Text().ShouldBe(NodeGroup.Cookie + "\n", "an empty home gets no other");
        Add(NodeGroup.OtherCookie + "\n").ShouldBeTrue();
        Add(NodeGroup.OtherCookie).ShouldBeFalse();
        Text().ShouldBe($"{NodeGroup.OtherCookie}\n{NodeGroup.Cookie}\n");
        Add(NodeGroup.Cookie).ShouldBeTrue();
        Text().ShouldBe($"{NodeGroup.Cookie}\n{NodeGroup.OtherCookie}\n");

        Put(NodeGroup.Cookie);   // without its newline
        Add(Third).ShouldBeTrue();
        Text().ShouldBe($"{Third}\n{NodeGroup.Cookie}\n");
    }

    [Fact]
    public void There_are_no_more_than_a_keyring_holds()
    {
        for (int i = 0; i < Keyring.MaxKeys; i++)
            _home.Cookies.Rotate();
        var failure = Should.Throw<FirnException>(() => _home.Cookies.Rotate());
        failure.Message.ShouldContain("firn cookie retire");
        Kinds(_home.Cookies.Read()).Count.ShouldBe(Keyring.MaxKeys);
        Put(Text() + NodeGroup.Cookie + "\n");
        Should.Throw<FirnException>(() => _home.Cookies.Read()).Message.ShouldContain("9 lines");
    }

    [Fact]
    public void Several_lines_are_not_one_cookie()
    {
        foreach (string text in new[] { "two\nlines", "two ends\n\n" })
        {
            Should.Throw<FirnException>(() => Add(text)).Message.ShouldContain("one cookie");
            Should.Throw<FirnException>(() => _home.Cookies.Write(Encoding.UTF8.GetBytes(text), overwrite: true)).Message.ShouldContain("one cookie");
        }

        Should.Throw<FirnException>(() => _home.Cookies.Add([(byte)'a', 0xFF])).Message.ShouldContain("UTF-8");
        File.Exists(_home.CookiePath).ShouldBeFalse();
    }

    [Fact]
    public async Task Changes_at_the_same_instant_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => Add($"passphrase {i}"))));
        Text().TrimEnd('\n').Split('\n').Order().ShouldBe(Enumerable.Range(0, 6).Select(i => $"passphrase {i}"));
    }

    private bool Add(string text) => _home.Cookies.Add(Encoding.UTF8.GetBytes(text));

    private void Put(string text) => PrivateFiles.Replace(_home.CookiePath, Encoding.UTF8.GetBytes(text));

    private string Text() => File.ReadAllText(_home.CookiePath);

    private static List<bool> Kinds(IReadOnlyList<Cookie> cookies)
    {
        var kinds = cookies.Select(cookie => cookie.IsPassphrase).ToList();
        CookieStore.Dispose(cookies);
        return kinds;
    }
}
