namespace Firn.Protocol.Tests;

public sealed class TrustListTests
{
    private static readonly PeerKey Carol = Pair.Key("carol");

    [Fact]
    public void A_key_is_trusted_once_and_a_name_is_pinned_to_one_key()
    {
        var list = new TrustList(Policies.Entry(Pair.Bob.Did, "bob"));
        list.With(Policies.Entry(Pair.Bob.Did, "robert")).Entries.ShouldHaveSingleItem().Name.ShouldBe("robert");
        list.Without(Pair.Bob.Did).Entries.ShouldBeEmpty();

        Should.Throw<FirnException>(() => list.With(Policies.Entry(Carol.Did, "bob"))).Message.ShouldSatisfyAllConditions(
            text => text.ShouldContain(Pair.Bob.Did.ToString()),
            text => text.ShouldContain(Carol.Did.ToString()),
            text => text.ShouldContain($"firn trust remove {Pair.Bob.Did}"));
        Should.Throw<FirnException>(() => new TrustList(Policies.Entry(Carol.Did), Policies.Entry(Carol.Did))).Message.ShouldContain("twice");
    }

    [Fact]
    public void A_full_name_counts_before_one_without_a_host()
    {
        var list = new TrustList(Policies.Entry(Pair.Bob.Did, "db"), Policies.Entry(Carol.Did, "db@east"));
        list.HolderOf(Named(Carol.Did, "db@east")).ShouldBeNull();
        list.HolderOf(Named(Pair.Bob.Did, "db@east")).ShouldBe(Carol.Did);
        list.HolderOf(Named(Carol.Did, "db@west")).ShouldBe(Pair.Bob.Did);
        list.HolderOf(Named(Pair.Bob.Did, "db@west")).ShouldBeNull();
        list.NameDueTo(Named(Carol.Did, "db@west")).ShouldBe("db@east");
        list.NameDueTo(Named(Pair.Bob.Did, "db@west")).ShouldBeNull();
        list.HolderOf(Named(Carol.Did, "other@east")).ShouldBeNull();
    }

    [Fact]
    public void The_list_has_a_limit()
    {
        var many = Enumerable.Range(0, TrustList.MaxEntries).Select(i => Policies.Entry(Pair.Key($"n{i}").Did));
        var list = new TrustList(many);
        Should.Throw<FirnException>(() => list.With(Policies.Entry(Pair.Bob.Did))).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Theory]
    [InlineData("beta", "beta")]
    [InlineData("beta@B.Lan", "beta@b.lan")]
    public void A_name_has_one_spelling(string text, string spelling) => TrustEntry.CheckName(text).ShouldBe(spelling);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("beta@")]
    [InlineData("@host")]
    public void What_is_no_name_is_refused(string text) => Should.Throw<FirnException>(() => TrustEntry.CheckName(text));

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    [InlineData("\u001b[2J")]
    public void A_label_is_one_line_of_text(string text) => Should.Throw<FirnException>(() => TrustEntry.CheckLabel(text));

    [Fact]
    public void A_keyring_proves_a_passphrase_only_where_it_may()
    {
        var (strong, phrase) = (Policies.KeyOf(1), Policies.KeyOf(2, isPassphrase: true));
        using var keyring = new Keyring(phrase, strong, phrase);
        keyring.FirstFrom(0, mayBePassphrase: true).ShouldBe(0);
        keyring.FirstFrom(0, mayBePassphrase: false).ShouldBe(1);
        keyring.FirstFrom(2, mayBePassphrase: false).ShouldBeNull();
        keyring.FirstFrom(3, mayBePassphrase: true).ShouldBeNull();
        (keyring.IndexOf(strong), keyring.Contains(Policies.KeyOf(1))).ShouldBe((1, false));
    }

    private static PeerKey Named(Did did, string name) => new(did, NodeName.Parse(name));
}
