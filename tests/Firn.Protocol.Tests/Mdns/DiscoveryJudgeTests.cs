namespace Firn.Protocol.Tests.Mdns;

/// <summary>Whom a node wants to meet, of those that it sees on a link, and what it shows.</summary>
public sealed class DiscoveryJudgeTests
{
    private const uint Today = 20_000;
    private static readonly Did Me = Keys.Did(0), Other = Keys.Did(1);
    private static readonly CookieKey Old = Policies.KeyOf(2), Pass = Policies.KeyOf(3, isPassphrase: true);

    [Fact]
    public void The_tag_is_as_documented()
    {
        // The vector of docs/protocol.md.
        byte[] key = new byte[32], tag = new byte[16];
        using var cookie = new CookieKey([.. Enumerable.Range(0, 32).Select(static i => (byte)i)], isPassphrase: false);
        ClusterTag.DeriveKey(cookie, key);
        var did = Did.Parse("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169");
        ClusterTag.Make(key, did, day: 20_000, "default", tag);

        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Firn.slnx")))
            root = Path.GetDirectoryName(root)!;
        string protocol = File.ReadAllText(Path.Combine(root, "docs", "protocol.md"));
        protocol.ShouldContain(Convert.ToHexStringLower(key));
        protocol.ShouldContain(Convert.ToHexStringLower(tag));
        protocol.ShouldContain(System.Buffers.Text.Base64Url.EncodeToString(tag));
    }

    [Fact]
    public void A_day_is_one_of_UTC() =>
        (ClusterTag.DayOf(DateTimeOffset.UnixEpoch.AddSeconds(86_399)), ClusterTag.DayOf(new DateTimeOffset(1970, 1, 2, 1, 30, 0, TimeSpan.FromHours(2))),
            ClusterTag.DayOf(new DateTimeOffset(1970, 1, 2, 2, 0, 0, TimeSpan.FromHours(2)))).ShouldBe((0u, 0u, 1u));

    [Fact]
    public void A_node_of_the_cluster_is_wanted_yesterday_today_and_tomorrow()
    {
        for (uint day = Today - 3; day <= Today + 3; day++)
            Judge(Policies.ByCookie).IsWanted(Said(Policies.ByCookie, day)).ShouldBe(day is >= Today - 1 and <= Today + 1, $"day {day}");
        Judge(Policies.ByCookie, day: 0).IsWanted(Said(Policies.ByCookie, 1)).ShouldBeTrue();
    }

    [Fact]
    public void Any_cookie_of_the_keyring_makes_a_node_wanted_and_the_first_generated_one_makes_the_tag()
    {
        var both = Policies.Cookies(Policies.Cookie, Old);
        Judge(both).IsWanted(Said(Policies.Cookies(Old))).ShouldBeTrue();
        Judge(both).IsWanted(Said(Policies.ByCookie)).ShouldBeTrue();
        Judge(Policies.ByCookie).IsWanted(Said(both)).ShouldBeTrue();
        Judge(Policies.Cookies(Old)).IsWanted(Said(both)).ShouldBeFalse("it proves the other one; but it sees this node's tag");
        Judge(Policies.ByCookie).IsWanted(Said(Policies.Cookies(Pass, Policies.Cookie))).ShouldBeTrue();
    }

    [Fact]
    public void Another_cookie_another_cluster_another_key_and_oneself_are_not_wanted()
    {
        Judge(Policies.ByCookie).IsWanted(Said(Policies.Cookies(Old))).ShouldBeFalse();
        Judge(Policies.ByCookie).IsWanted(new DiscoveryJudge(Policies.ByCookie, Other, "elsewhere", Today, No).OwnText).ShouldBeFalse();
        Judge(Policies.ByCookie).IsWanted(Said(Policies.ByCookie) with { Did = Keys.Did(2) }).ShouldBeFalse();
        Judge(Policies.ByCookie).IsWanted(Judge(Policies.ByCookie).OwnText).ShouldBeFalse();
        Judge(Policies.ByCookie).IsWanted(Said(Policies.ByCookie) with { Versions = new VersionRange(2, 3) }).ShouldBeFalse();
    }

    [Fact]
    public void By_trust_trusted_keys_are_wanted_that_show_no_tag()
    {
        var trusting = Policies.ByTrust(Other);
        Judge(trusting).OwnText.Tag.ShouldBeNull();
        Judge(trusting).IsWanted(Said(Policies.ByTrust(Me))).ShouldBeTrue();
        Judge(trusting).IsWanted(Said(Policies.ByTrust(Me)) with { Did = Keys.Did(2) }).ShouldBeFalse();
        Judge(trusting).IsWanted(Said(Policies.ByCookie)).ShouldBeFalse("it admits by cookie, so that the two would not meet");
    }

    [Fact]
    public void By_both_a_tag_and_trust_are_asked_for()
    {
        var both = new AdmissionPolicy(AdmissionMode.Both, new Keyring(Policies.Cookie), Policies.Trusting(Other));
        Judge(both).OwnText.Tag.ShouldNotBeNull();
        Judge(both).IsWanted(Said(Policies.ByCookie)).ShouldBeTrue();
        Judge(both).IsWanted(Said(Policies.Cookies(Old))).ShouldBeFalse();
        var distrusting = new AdmissionPolicy(AdmissionMode.Both, new Keyring(Policies.Cookie), Policies.Trusting(Keys.Did(2)));
        Judge(distrusting).IsWanted(Said(Policies.ByCookie)).ShouldBeFalse();
    }

    [Fact]
    public void With_a_passphrase_known_keys_are_wanted_and_nothing_is_shown_to_guess_at()
    {
        var pass = Policies.Cookies(Pass);
        Judge(pass).OwnText.Tag.ShouldBeNull();
        Judge(pass, isKnown: No).IsWanted(Said(pass)).ShouldBeFalse();
        Judge(pass, isKnown: static did => did == Other).IsWanted(Said(pass)).ShouldBeTrue();
        Judge(pass, isKnown: static _ => true).IsWanted(Said(Policies.ByCookie)).ShouldBeFalse("it has a cookie that this node has not");
        Judge(Policies.ByCookie, isKnown: static _ => true).IsWanted(Said(pass)).ShouldBeFalse("it has no cookie that this node could prove");
    }

    private static bool No(Did did) => false;

    private static DiscoveryJudge Judge(AdmissionPolicy policy, uint day = Today, Func<Did, bool>? isKnown = null) =>
        new(policy, Me, "default", day, isKnown ?? No);

    private static ServiceText Said(AdmissionPolicy policy, uint day = Today)
    {
        // As it arrives.
        byte[] bytes = new DiscoveryJudge(policy, Other, "default", day, No).OwnText.ToBytes();
        ServiceText.TryRead(bytes, out var said).ShouldBeTrue();
        return said;
    }
}
