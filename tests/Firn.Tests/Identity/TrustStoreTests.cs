using System.Text;
using Firn.Identity;
using Firn.Protocol;
using Firn.Testing;

namespace Firn.Tests.Identity;

/// <summary>Trust list, pinned names, and where a node has it from whom it admits.</summary>
public sealed class TrustStoreTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FirnHome _home;
    private readonly Did _did = NewDid();
    private readonly Did _other = NewDid();

    public TrustStoreTests() => _home = FirnHome.Open(_temporary.In("home"));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void What_is_added_is_read_again_and_nobody_else_can_read_it()
    {
        var entry = new TrustEntry(_did, "beta@b.lan", "the one in the cellar", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        _home.Trust.Read().Entries.ShouldBeEmpty();
        _home.Trust.Change(list => list.With(entry).With(new TrustEntry(_other, null, null, entry.AddedAt.AddDays(1))));

        FirnHome.Open(_home.Path).Trust.Read().Entries.ShouldBe([entry, new TrustEntry(_other, null, null, entry.AddedAt.AddDays(1))]);
        File.GetUnixFileMode(_home.Trust.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (before, after) = _home.Trust.Change(list => list.Without(_did));
        (before.Entries.Count, after.Entries.Count).ShouldBe((2, 1));
    }

    [Fact]
    public void A_change_that_fails_changes_nothing()
    {
        _home.Trust.Change(list => list.With(new TrustEntry(_did, "beta", null, default)));
        Should.Throw<FirnException>(() => _home.Trust.Change(list => list.With(new TrustEntry(_other, "beta", null, default))));
        _home.Trust.Read().Entries.ShouldHaveSingleItem().Did.ShouldBe(_did);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"trusted":[{"did":"did:key:zDnNot"}]}""")]
    [InlineData("""{"trusted":[{}]}""")]
    public void A_list_that_cannot_be_read_is_an_error_that_says_where(string text)
    {
        PrivateFiles.Replace(_home.Trust.Path, Encoding.UTF8.GetBytes(text));
        var failure = Should.Throw<FirnException>(() => _home.Trust.Read());
        failure.Reason.ShouldBe(FailureReason.HomeUnusable);
        failure.Message.ShouldContain(_home.Trust.Path);
    }

    [Fact]
    public void A_list_that_others_can_write_is_refused()
    {
        _home.Trust.Change(list => list.With(new TrustEntry(_did, null, null, default)));
        File.SetUnixFileMode(_home.Trust.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite);
        Should.Throw<FirnException>(() => _home.Trust.Read()).Message.ShouldContain("chmod 600");
    }

    [Fact]
    public async Task Changes_at_the_same_instant_lose_nothing()
    {
        var dids = Enumerable.Range(0, 8).Select(_ => NewDid()).ToList();
        await Task.WhenAll(dids.Select(did => Task.Run(() => _home.Trust.Change(list => list.With(new TrustEntry(did, null, null, default))))));
        _home.Trust.Read().Entries.Select(e => e.Did).ShouldBe(dids, ignoreOrder: true);
    }

    [Fact]
    public void Pinned_names_are_kept()
    {
        var pins = new PinStore(_home.Path);
        pins.Read().ShouldBeEmpty();
        PeerKey[] kept = [new(_did, NodeName.Parse("beta@b.lan")), new(_other, NodeName.Parse("gamma@g.lan"))];
        pins.Write(kept);
        new PinStore(_home.Path).Read().ShouldBe(kept);
        File.GetUnixFileMode(pins.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        PrivateFiles.Replace(pins.Path, "[]"u8);
        Should.Throw<FirnException>(pins.Read).Message.ShouldContain(pins.Path);
    }

    [Fact]
    public async Task A_node_keeps_the_names_of_those_it_trusts_in_later_lives()
    {
        await using var nodes = new NodeGroup();
        var beta = await nodes.StartAsync("beta", ByTrust);
        var imposter = await nodes.StartAsync("beta", ByTrust);
        NodeOptions Options() => new()
        {
            Name = "alpha@a.lan",
            Home = _home.Path,
            Admit = AdmissionMode.Trust,
            Discovery = false,
            Listen = { "tcp://127.0.0.1:0" },
        };
        await using (var first = await nodes.StartAsync(Options()))
        {
            await first.Node.TrustAsync(beta.Node.Self.Did);
            await first.Node.TrustAsync(imposter.Node.Self.Did);
            foreach (var node in new[] { beta, imposter })
                await node.Node.TrustAsync(first.Node.Self.Did);
            await first.ConnectAsync(beta);
        }

        File.Exists(_home.CookiePath).ShouldBeFalse("trust needs no cookie, so none is made");
        var again = await nodes.StartAsync(Options());
        (await Should.ThrowAsync<FirnException>(() => again.ConnectAsync(imposter))).Message.ShouldContain(beta.Node.Self.Did.ToString());
        await again.ConnectAsync(beta);
    }

    [Fact]
    public void Cookies_that_stay_keep_their_keys_when_all_is_read_again()
    {
        _home.Cookies.Write(Encoding.ASCII.GetBytes(NodeGroup.Cookie), overwrite: true);
        using var source = new AdmissionSource(new NodeOptions(), _home);
        source.Renew().ShouldBeNull("nothing has changed");
        var old = source.Current.Keyring![0];

        _home.Cookies.Rotate();
        source.HasChanged().ShouldBeTrue();
        source.Renew().ShouldNotBeNull().ShouldBeEmpty();
        source.HasChanged().ShouldBeFalse();
        (source.Current.Keyring!.Count, source.Current.Keyring!.IndexOf(old)).ShouldBe((2, 1));

        _home.Cookies.Retire();
        source.Renew().ShouldNotBeNull().ShouldBe([old]);

        File.Delete(_home.CookiePath);
        Should.Throw<FirnException>(source.Renew).Message.ShouldContain("does not exist");
        File.Exists(_home.CookiePath).ShouldBeFalse("no new one is made under a running node");
        source.Current.Keyring!.Count.ShouldBe(1);
    }

    [Fact]
    public void Options_and_home_are_trusted_together_and_what_is_removed_is_gone_from_both()
    {
        _home.Trust.Change(list => list.With(new TrustEntry(_did, "beta", null, default)));
        var options = new NodeOptions { Admit = AdmissionMode.Trust, Trusted = { _did.ToString(), _other.ToString() } };
        using var source = new AdmissionSource(options, _home);
        source.Current.Trust.Find(_did)!.Name.ShouldBe("beta", "the home knows more");
        source.Current.Trust.Find(_other).ShouldNotBeNull();
        source.ChangeTrust(list => list.Without(_did));
        source.Renew();
        source.Current.Trust.Find(_did).ShouldBeNull();
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Invalid(new NodeOptions { Admit = AdmissionMode.Trust, CookieFile = "f" }).ShouldContain("Both");
        Invalid(new NodeOptions { Admit = (AdmissionMode)9 }).ShouldContain("expected Cookie, Trust or Both");
        Invalid(new NodeOptions { Ephemeral = true, Admit = AdmissionMode.Both }).ShouldContain("Cookie");
        new NodeOptions { Ephemeral = true, Admit = AdmissionMode.Trust }.Validate();

        static string Invalid(NodeOptions options)
        {
            var failure = Should.Throw<FirnException>(options.Validate);
            failure.Reason.ShouldBe(FailureReason.InvalidInput);
            return failure.Message;
        }
    }

    private static void ByTrust(NodeOptions options) => (options.Admit, options.Cookie) = (AdmissionMode.Trust, null);

    private static Did NewDid()
    {
        using var key = IdentityFiles.NewKey();
        return LeafProfile.DidOf(key);
    }
}
