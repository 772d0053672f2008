namespace Firn.Protocol.Tests.Credentials;

public sealed class CookieTests
{
    private static readonly string Strong = Cookie.Generate(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    [Fact]
    public void A_generated_cookie_reads_back_as_its_32_bytes()
    {
        Strong.ShouldBe("firn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        using var cookie = Cookie.Parse(Strong);
        using var key = cookie.ToKey("default");

        cookie.IsPassphrase.ShouldBeFalse();
        key.Bytes.ToArray().ShouldBe(Enumerable.Range(0, 32).Select(i => (byte)i));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void One_newline_at_the_end_does_not_count(string newline)
    {
        Cookie.Parse(Strong + newline).IsPassphrase.ShouldBeFalse();
        KeyOf("secret" + newline, "c").ShouldBe(KeyOf("secret", "c"));
        Should.Throw<FirnException>(() => Cookie.Parse(Strong + newline + newline)).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Fact]
    public void A_damaged_strong_cookie_is_never_taken_for_a_passphrase()
    {
        string[] damaged =
        [
            "firn_", Strong[..^1], Strong + "A", Strong + " ", Strong[..20] + "+" + Strong[21..], Strong[..20] + " " + Strong[21..],
            Strong[..^1] + "9",   // the same bytes for a lenient decoder
            Strong[..^1] + "=",
        ];
        foreach (string text in damaged)
        {
            var failure = Should.Throw<FirnException>(() => Cookie.Parse(text), text);
            failure.Reason.ShouldBe(FailureReason.InvalidInput);
            failure.Message.ShouldContain("expected exactly 43 characters");
            if (text.Length > 20)
                failure.Message.ShouldNotContain(text[5..15]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void An_empty_cookie_is_refused(string text) =>
        Should.Throw<FirnException>(() => Cookie.Parse(text)).Message.ShouldContain("empty");

    [Fact]
    public void A_passphrase_is_stretched_and_its_key_depends_on_the_cluster()
    {
        using var cookie = Cookie.Parse("correct horse");
        cookie.IsPassphrase.ShouldBeTrue();
        KeyOf("correct horse", "one").ShouldBe(KeyOf("correct horse", "one"));
        KeyOf("correct horse", "one").ShouldNotBe(KeyOf("correct horse", "two"));

        // python3 -c "import hashlib; print(hashlib.pbkdf2_hmac('sha256', b'correct horse', b'firn/1 passphrase one', 600000).hex())"
        Convert.ToHexStringLower(KeyOf("correct horse", "one")).ShouldBe("195fe57b97170220b700fd54ca39abdb8ee40e7cd08813ce88e6917184b40a20");
    }

    [Fact]
    public void A_passphrase_of_accented_letters_makes_the_same_key_in_both_spellings_or_is_refused()
    {
        byte[] composed = KeyOf("caf\u00e9", "c");
        try
        {
            KeyOf("cafe\u0301", "c").ShouldBe(composed);
        }
        catch (FirnException e)
        {
            "e\u0301".Normalize().ShouldNotBe("\u00e9", "a process that can normalize must accept it");
            e.Message.ShouldContain("normalize");
        }
    }

    [Fact]
    public void A_keyring_holds_one_to_eight_keys()
    {
        using var cookie = Cookie.Parse(Strong);
        Should.Throw<FirnException>(() => new Keyring()).Reason.ShouldBe(FailureReason.InvalidInput);
        Should.Throw<FirnException>(() => new Keyring(Enumerable.Range(0, 9).Select(_ => cookie.ToKey("c"))));
        using var keyring = new Keyring(Enumerable.Range(0, 8).Select(_ => cookie.ToKey("c")));
        keyring.Count.ShouldBe(8);
    }

    [Fact]
    public void A_wiped_key_is_zeros_that_nobody_can_use()
    {
        using var cookie = Cookie.Parse(Strong);
        var keyring = new Keyring(cookie.ToKey("c"), cookie.ToKey("c"));
        var (first, second) = (keyring[0], keyring[1]);
        var firstBytes = first.Bytes;
        var secondBytes = second.Bytes;
        keyring.Dispose();

        firstBytes.ContainsAnyExcept((byte)0).ShouldBeFalse();
        secondBytes.ContainsAnyExcept((byte)0).ShouldBeFalse();
        Should.Throw<ObjectDisposedException>(() => second.Bytes.Length);
    }

    private static byte[] KeyOf(string text, string cluster)
    {
        using var cookie = Cookie.Parse(text);
        using var key = cookie.ToKey(cluster);
        return key.Bytes.ToArray();
    }
}
