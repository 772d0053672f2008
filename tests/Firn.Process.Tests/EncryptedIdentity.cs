using System.Security.Cryptography;
using System.Text;
using Firn.Identity;

namespace Firn.Process.Tests;

/// <summary>An identity under a passphrase, made at a low price, for a node that is then started for real.</summary>
internal static class EncryptedIdentity
{
    public const string Passphrase = "correct horse 7421 battery staple";

    private const int Cheap = 4;

    /// <summary>Makes it in the home <paramref name="directory"/>; returns its files.</summary>
    public static IdentityFiles Make(string directory, string name)
    {
        FirnHome home = FirnHome.Open(directory);
        var node = DefaultNames.Complete(name);
        using NodeLock nodeLock = Firn.Identity.NodeHome.Lock(home, node);
        var files = IdentityFiles.Of(home, node);
        using ECDsa key = IdentityFiles.NewKey();
        files.SaveEncrypted(key, Encoding.UTF8.GetBytes(Passphrase), DateTimeOffset.UtcNow, Cheap);
        return files;
    }
}
