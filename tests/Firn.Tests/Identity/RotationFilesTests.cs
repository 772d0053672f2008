using Firn.Identity;
using Firn.Protocol;

namespace Firn.Tests.Identity;

/// <summary>Rotations as files: behind the key, and in the home of those that have seen them.</summary>
public sealed class RotationFilesTests : IdentityFixture
{
    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    public void The_new_key_is_under_the_passphrase_of_the_old_one_and_the_last_four_rotations_go_with_it(string passphrase)
    {
        List<Did> dids = [Save(passphrase)];
        for (int i = 0; i < 5; i++)
        {
            var statement = Files.Rotate(Asked(passphrase), Now.AddDays(i), Cheap);
            statement.Old.ShouldBe(dids[^1]);
            dids.Add(statement.New);
        }

        using var key = Files.Load(Asked(passphrase), Now, out var rotations);
        LeafProfile.DidOf(key).ShouldBe(dids[^1]);
        rotations.Statements.Select(s => s.Old).ShouldBe(dids[1..5]);
        Files.IsEncrypted.ShouldBe(passphrase != "");
        IdentityCard.TryRead(Files.Directory).ShouldBe(new IdentityCard(dids[^1], Now.AddDays(4)));
        Directory.GetFiles(Files.Directory, "identity*").ShouldHaveSingleItem();   // no old key is left

        // What is encrypted or decrypted later keeps them.
        Files.SavePlain(key, Now, rotations);
        Files.Load(Asked(), Now, out var kept).Dispose();
        kept.Statements.ShouldBe(rotations.Statements);
    }

    [Fact]
    public void A_wrong_passphrase_changes_nothing()
    {
        var did = Save("secret");
        Refusal(() => Files.Rotate(Asked("wrong"), Now, Cheap), FailureReason.IdentityLocked);
        Load("secret").ShouldBe(did);
    }

    [Fact]
    public void Rotations_behind_a_key_that_are_damaged_or_of_another_key_are_said_to_be()
    {
        Save();
        Files.Rotate(Asked(), Now, Cheap);
        string rotated = File.ReadAllText(Files.PlainPath);
        PrivateFiles.Replace(Files.PlainPath, Bytes(rotated.Replace("ROTATION-----\nA", "ROTATION-----\nB", StringComparison.Ordinal)));
        Refusal(() => Load()).ShouldContain("damaged");

        using var other = IdentityFiles.NewKey();
        using var pem = KeyPem.Write(other);
        string foreign = System.Text.Encoding.UTF8.GetString(pem.Bytes) + rotated[rotated.IndexOf("-----BEGIN FIRN", StringComparison.Ordinal)..];
        PrivateFiles.Replace(Files.PlainPath, Bytes(foreign));
        Refusal(() => Load()).ShouldContain("damaged");
    }

    [Fact]
    public void A_home_keeps_what_it_has_seen_and_its_trust_list_follows()
    {
        var old = Save();
        Home.Trust.Change(list => list.With(new TrustEntry(old, "alpha", "note", Now)));
        Files.Rotate(Asked(), Now, Cheap);
        Files.Load(Asked(), Now, out var chain).Dispose();

        Home.Rotations.Change(table => table.With(chain)).ShouldNotBeNull();

        FirnHome.Open(Home.Path).Rotations.Read().Entries.ShouldBe(Home.Rotations.Read().Entries);
        Home.Rotations.Read().Resolve(old).ShouldBe(chain.Statements[0].New);
        Home.Trust.Read().Entries.ShouldBe([new TrustEntry(chain.Statements[0].New, "alpha", "note", Now)]);
        File.GetUnixFileMode(Home.Rotations.Path).ShouldBe(PrivateFiles.OwnerOnlyFile);
        PrivateFiles.Replace(Home.Rotations.Path, "{\"retired\":[{}]}"u8);
        Refusal(() => Home.Rotations.Read()).ShouldContain(Home.Rotations.Path);
    }
}
