using Firn.Identity;

namespace Firn.Tests.Identity;

public class IdentityFilesTests : IdentityFixture
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public void A_key_is_encrypted_and_decrypted_and_stays_the_same_and_its_owners_alone()
    {
        var did = Save();
        Names().ShouldBe(["did", "identity.pem"]);
        Load().ShouldBe(did);

        using (var key = Files.Load(Asked(), Now))
            Save(Files, key, "secret");
        Names().ShouldBe(["did", "identity.age"]);
        File.GetUnixFileMode(Files.EncryptedPath).ShouldBe(OwnerOnly);
        Load("secret").ShouldBe(did);

        using (var key = Files.Load(Asked("secret"), Now))
            Save(Files, key, "another");
        Names().ShouldBe(["did", "identity.age"]);
        Load("another").ShouldBe(did);
        Refusal(() => Load("secret"), FailureReason.IdentityLocked);

        using (var key = Files.Load(Asked("another"), Now))
            Save(Files, key, "");
        Names().ShouldBe(["did", "identity.pem"]);
        File.GetUnixFileMode(Files.PlainPath).ShouldBe(OwnerOnly);
        Load().ShouldBe(did);
    }

    [Fact]
    public void A_node_starts_with_its_encrypted_key_and_not_without_the_passphrase()
    {
        var did = Save("secret");
        Refusal(() => NodeHome.Acquire(Home, "alpha", Now, Asked("wrong", "wrong", "wrong")), FailureReason.IdentityLocked);
        Refusal(() => NodeHome.Acquire(Home, "alpha", Now, Asked()), FailureReason.IdentityLocked);

        using var node = NodeHome.Acquire(Home, "alpha", Now, Asked("wrong", "secret"));   // the lock of those before has gone

        node.Did.ShouldBe(did);
        node.IsKeyExposed.ShouldBeFalse();
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_key_that_others_can_read_or_write_is_refused_encrypted_or_not(UnixFileMode tooMuch)
    {
        foreach (string passphrase in new[] { "", "secret" })
        {
            Save(passphrase);
            File.SetUnixFileMode(Files.KeyPath, OwnerOnly | tooMuch);

            var message = Refusal(() => Load("secret"));

            message.ShouldContain(Files.KeyPath);
            message.ShouldContain("chmod 600");
            File.Delete(Files.KeyPath);
        }
    }

    [Fact]
    public void Whichever_byte_of_the_file_is_altered_or_missing_the_key_is_refused_with_a_reason()
    {
        Save("secret");
        byte[] good = File.ReadAllBytes(Files.EncryptedPath);
        var messages = new HashSet<string>();
        for (int i = 0; i < good.Length; i++)
        {
            byte[] altered = [.. good];
            altered[i] ^= 1;
            PrivateFiles.Replace(Files.EncryptedPath, altered);
            messages.Add(LoadFailure());
            PrivateFiles.Replace(Files.EncryptedPath, good.AsSpan(0, i));
            messages.Add(LoadFailure());
        }

        messages.ShouldAllBe(message => message.Contains(Files.EncryptedPath));
        messages.Count.ShouldBeGreaterThan(10);   // it says what it is each time
        PrivateFiles.Replace(Files.EncryptedPath, good);
        Load("secret");

        string LoadFailure()
        {
            var error = Should.Throw<FirnException>(() => Load("secret", "secret", "secret"));
            error.Reason.ShouldBeOneOf(FailureReason.HomeUnusable, FailureReason.IdentityLocked);
            return error.Message;
        }
    }

    [Fact]
    public void An_empty_passphrase_encrypts_nothing()
    {
        using var key = IdentityFiles.NewKey();

        Should.Throw<ArgumentException>(() => Files.SaveEncrypted(key, [], Now));

        Files.Exist.ShouldBeFalse();
    }

    [Fact]
    public void An_age_file_with_something_else_in_it_is_refused()
    {
        PrivateFiles.Replace(Files.EncryptedPath, IdentityFiles.Encrypt("no key at all"u8, "secret"u8, Cheap));

        Refusal(() => Load("secret")).ShouldContain("P-256 private key in PEM");
    }

    [Fact]
    public void A_huge_file_is_not_read()
    {
        PrivateFiles.Replace(Files.EncryptedPath, new byte[100_000]);

        Refusal(() => Load("secret")).ShouldContain("more than");
    }

    [Fact]
    public void The_card_says_who_and_since_when_and_stays_when_the_key_is_saved_again()
    {
        var did = Save();
        IdentityCard.TryRead(Files.Directory).ShouldBe(new IdentityCard(did, Now));

        using (var key = Files.Load(Asked(), Now))
            Files.SaveEncrypted(key, Bytes("secret"), Now + TimeSpan.FromDays(1), Cheap);

        IdentityCard.TryRead(Files.Directory).ShouldBe(new IdentityCard(did, Now));
    }

    [Fact]
    public void A_card_without_a_date_dates_from_its_file()
    {
        var did = Save();
        File.WriteAllText(IdentityCard.PathIn(Files.Directory), $"{did}\n");
        File.SetLastWriteTimeUtc(IdentityCard.PathIn(Files.Directory), new DateTime(2025, 1, 2, 3, 4, 5, DateTimeKind.Utc));

        IdentityCard.TryRead(Files.Directory)!.Created.ShouldBe(new DateTimeOffset(2025, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Load().ShouldBe(did);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no did")]
    [InlineData("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169\nsince yesterday\n")]
    [InlineData("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169\ncreated 2026-03-04\n")]
    [InlineData("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169\ncreated 2026-03-04T05:06:07Z\nmore\n")]
    public void A_card_that_is_not_one_is_refused_and_made_again_once_it_is_removed(string text)
    {
        var did = Save();
        File.WriteAllText(IdentityCard.PathIn(Files.Directory), text);
        Refusal(() => Load()).ShouldContain("Remove it");

        File.Delete(IdentityCard.PathIn(Files.Directory));
        Load().ShouldBe(did);
        IdentityCard.TryRead(Files.Directory).ShouldBe(new IdentityCard(did, Now));
    }

    [Fact]
    public void An_encrypted_key_that_was_lost_or_exchanged_is_noticed()
    {
        var did = Save("secret");
        byte[] age = File.ReadAllBytes(Files.EncryptedPath);
        File.Delete(Files.EncryptedPath);
        Refusal(() => Load("secret")).ShouldContain(did.ToString());

        PrivateFiles.Replace(Files.EncryptedPath, age);
        new IdentityCard(Save("other"), Now).Write(Files.Directory);
        PrivateFiles.Replace(Files.EncryptedPath, age);
        Refusal(() => Load("secret")).ShouldContain(did.ToString());
    }

    [Fact]
    public void An_unencrypted_copy_that_a_crash_left_goes_at_the_next_start()
    {
        var did = Save();
        byte[] pem = File.ReadAllBytes(Files.PlainPath);
        using (var key = Files.Load(Asked(), Now))
            Save(Files, key, "secret");
        PrivateFiles.Replace(Files.PlainPath, pem);

        using var node = NodeHome.Acquire(Home, "alpha", Now, Asked("secret"));

        node.Did.ShouldBe(did);
        File.Exists(Files.PlainPath).ShouldBeFalse();
    }

    [Fact]
    public void Another_key_beside_the_encrypted_one_is_left_alone_and_refused()
    {
        Save("secret");
        using var other = IdentityFiles.NewKey();
        using (var pem = KeyPem.Write(other))
            PrivateFiles.Replace(Files.PlainPath, pem.Bytes);

        byte[] before = File.ReadAllBytes(Files.PlainPath);

        Refusal(() => NodeHome.Acquire(Home, "alpha", Now, Asked("secret"))).ShouldContain(Files.PlainPath);
        using (var key = Files.Load(Asked("secret"), Now))
            Refusal(() => Save(Files, key, "another")).ShouldContain(Files.PlainPath);

        File.ReadAllBytes(Files.PlainPath).ShouldBe(before);
    }

    [Fact]
    public void A_key_is_locked_while_its_node_runs()
    {
        using var node = NodeHome.Acquire(Home, "alpha", Now);

        Refusal(() => NodeHome.Lock(Home, Files.Node), FailureReason.NameTaken).ShouldContain($"process {Environment.ProcessId}");
    }

    private IEnumerable<string> Names() => Directory.GetFiles(Files.Directory).Select(path => Path.GetFileName(path)).Order();
}
