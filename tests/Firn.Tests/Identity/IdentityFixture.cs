using Firn.Identity;
using Firn.Unlocking;

namespace Firn.Tests.Identity;

/// <summary>A node's directory in a home of its own, and passphrases for it that cost little.</summary>
public abstract class IdentityFixture : IDisposable
{
    private protected const int Cheap = 2;

    private protected static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private protected TemporaryDirectory Temporary { get; } = new();

    private protected FirnHome Home { get; }

    private protected IdentityFiles Files { get; }

    private protected IdentityFixture()
    {
        Home = FirnHome.Open(Temporary.In("home"));
        Files = IdentityFiles.Of(Home, DefaultNames.Complete("alpha"));
        Directory.CreateDirectory(Files.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose()
    {
        Temporary.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected IdentityFiles With(FileCalls calls) => new(Files.Node, Files.Directory, calls);

    /// <summary>A new key, saved.</summary>
    private protected Did Save(string passphrase = "")
    {
        using var key = IdentityFiles.NewKey();
        Save(Files, key, passphrase);
        return Protocol.LeafProfile.DidOf(key);
    }

    /// <summary>Without a passphrase when it is empty.</summary>
    private protected static void Save(IdentityFiles files, System.Security.Cryptography.ECDsa key, string passphrase)
    {
        if (passphrase == "")
            files.SavePlain(key, Now);
        else
            files.SaveEncrypted(key, Bytes(passphrase), Now, Cheap);
    }

    private protected Did Load(params string[] passphrases) => Load(Files, passphrases);

    private protected static Did Load(IdentityFiles files, params string[] passphrases)
    {
        using var key = files.Load(Asked(passphrases), Now);
        return Protocol.LeafProfile.DidOf(key);
    }

    /// <summary>Somebody who gives these passphrases, one for each time that they are asked.</summary>
    private protected static Unlocker Asked(params string[] passphrases) => new([new CallbackPassphrase((request, room) =>
    {
        byte[] passphrase = request.Attempt <= passphrases.Length ? Bytes(passphrases[request.Attempt - 1]) : [];
        passphrase.CopyTo(room);
        return passphrase.Length;
    })]);

    private protected static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private protected static string Refusal(Action action, FailureReason reason = FailureReason.HomeUnusable)
    {
        var error = Should.Throw<FirnException>(action);
        error.Reason.ShouldBe(reason);
        return error.Message;
    }
}
