using Firn.Identity;

namespace Firn.Tests.Identity;

/// <summary>Whenever the process ends while an identity is saved, the one before or the new state of it can be loaded.</summary>
public class CrashTests : IdentityFixture
{
    [Theory]
    [InlineData("", "new")]
    [InlineData("old", "new")]
    [InlineData("old", "")]
    public void A_key_is_there_between_any_two_calls_of_a_save(string before, string after)
    {
        foreach (bool tearsWrites in new[] { false, true })
        {
            for (int survives = 0; ; survives++)
            {
                Clear();
                var did = Save(before);
                var calls = new DyingFileCalls(survives, tearsWrites);
                using (var key = Files.Load(Asked(before), Now))
                    Die(() => Save(With(calls), key, after));

                ShouldLoad(did, before, after);
                if (!calls.IsDead)
                {
                    survives.ShouldBeGreaterThanOrEqualTo(6, "calls in a save");
                    Load(after).ShouldBe(did);
                    break;
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("new")]
    public void A_new_identity_is_there_or_not_and_can_then_be_made(string passphrase)
    {
        for (int survives = 0; ; survives++)
        {
            Clear();
            var calls = new DyingFileCalls(survives, tearsWrites: true);
            using (var key = IdentityFiles.NewKey())
                Die(() => Save(With(calls), key, passphrase));

            var node = NodeHome.Acquire(Home, "alpha", Now, Asked(passphrase));
            node.Dispose();
            ShouldLoad(node.Did, passphrase);
            if (!calls.IsDead)
                break;
        }
    }

    [Fact]
    public void An_imported_file_is_there_whole_or_not_at_all()
    {
        var did = Save("secret");
        byte[] age = File.ReadAllBytes(Files.EncryptedPath);
        for (int survives = 0; ; survives++)
        {
            Clear();
            var calls = new DyingFileCalls(survives, tearsWrites: true);
            Die(() => With(calls).Adopt(age, did, Now));

            if (Files.HasKey)
                ShouldLoad(did, "secret");
            if (!calls.IsDead)
                break;
        }

        Load("secret").ShouldBe(did);
    }

    /// <summary>The old key without a statement, or the new one with it: never neither, never the one without the other.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    public void A_rotation_that_is_cut_off_leaves_the_old_identity_or_the_new_one_with_its_statement(string passphrase)
    {
        var seen = new HashSet<string>();
        foreach (bool tearsWrites in new[] { false, true })
        {
            for (int survives = 0; ; survives++)
            {
                Clear();
                var did = Save(passphrase);
                var calls = new DyingFileCalls(survives, tearsWrites);
                Die(() => With(calls).Rotate(Asked(passphrase), Now, Cheap));

                using var node = NodeHome.Acquire(Home, "alpha", Now, Asked(passphrase));
                var told = node.Rotations.Statements.Select(statement => (statement.Old, statement.New));
                told.ShouldBe(node.Did == did ? [] : [(did, node.Did)]);
                IdentityCard.TryRead(Files.Directory)!.Did.ShouldBe(node.Did);
                Directory.GetFiles(Files.Directory, "*.tmp").ShouldBeEmpty();
                seen.Add(node.Did == did ? "old" : calls.IsDead ? "new, cut off" : "new");
                if (!calls.IsDead)
                    break;
            }
        }

        seen.Order(StringComparer.Ordinal).ShouldBe(["new", "new, cut off", "old"]);
    }

    [Fact]
    public void Removing_what_a_crash_left_can_itself_be_cut_off()
    {
        for (int survives = 0; survives < 3; survives++)
        {
            Clear();
            var did = Save();
            byte[] pem = File.ReadAllBytes(Files.PlainPath);
            using (var key = Files.Load(Asked(), Now))
                Save(Files, key, "secret");
            PrivateFiles.Replace(Files.PlainPath, pem);

            Die(() => With(new DyingFileCalls(survives, tearsWrites: true)).RemoveLeftover(did));

            ShouldLoad(did, "secret");
        }
    }

    private void ShouldLoad(Did did, params string[] passphrases)
    {
        using var node = NodeHome.Acquire(Home, "alpha", Now, Asked([.. passphrases.Where(passphrase => passphrase.Length > 0)]));
        node.Did.ShouldBe(did);
        (Files.IsEncrypted && File.Exists(Files.PlainPath)).ShouldBeFalse("both are there after a start");
        Directory.GetFiles(Files.Directory, "*.tmp").ShouldBeEmpty();   // one of them could be a key
    }

    private static void Die(Action action)
    {
        try
        {
            action();
        }
        catch (DeadException)
        {
            // The process is no more.
        }
    }

    private void Clear()
    {
        foreach (string path in Directory.GetFiles(Files.Directory))
            File.Delete(path);
    }
}
