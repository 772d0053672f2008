using System.Security.Cryptography;
using Firn.Identity;
using Firn.Protocol;

namespace Firn.Unlocking;

/// <summary>
/// Opens age files with a passphrase from the first of these sources that is there. A wrong one is said to be wrong, and no other source
/// is tried then: which passphrase was meant would be a riddle.
/// </summary>
internal sealed class Unlocker(IReadOnlyList<PassphraseSource> sources)
{
    /// <summary>How often somebody who can answer is asked.</summary>
    public const int Tries = 3;

    /// <summary>What needs nobody to ask, as a node does by itself.</summary>
    public static Unlocker Unattended => new(PassphraseSource.Unattended());

    /// <summary>What is in the age file <paramref name="bytes"/>, which came from <paramref name="path"/>. One run of scrypt for each attempt. The passphrase that
    /// opens it goes into <paramref name="opened"/>, if somebody needs it again.</summary>
    /// <exception cref="FirnException">
    /// <see cref="FailureReason.IdentityLocked"/>: no passphrase, or a wrong one. <see cref="FailureReason.HomeUnusable"/>: not an age file
    /// under a passphrase, or altered.
    /// </exception>
    public SecretBuffer Open(ReadOnlyMemory<byte> bytes, string path, NodeName node, SecretBuffer? opened = null)
    {
        RequireCipher();
        try
        {
            return Open(AgeFile.Parse(bytes), path, node, opened);
        }
        catch (AgeException e)
        {
            throw new FirnException(FailureReason.HomeUnusable, $"{path} cannot be opened: {e.Message}.", e);
        }
    }

    /// <exception cref="FirnException"><see cref="FailureReason.Unsupported"/>: the system cannot do what age files need.</exception>
    public static void RequireCipher()
    {
        if (!ChaCha20Poly1305.IsSupported)
            throw new FirnException(FailureReason.Unsupported, "This system has no ChaCha20-Poly1305, which encrypted keys need: leave them unencrypted here.");
    }

    private SecretBuffer Open(AgeFile file, string path, NodeName node, SecretBuffer? opened)
    {
        var source = sources.FirstOrDefault(source => source.WhyNot is null) ?? throw NoWay(path, node);
        using var passphrase = new SecretBuffer(PassphraseSource.MaxBytes);
        for (int attempt = 1; ; attempt++)
        {
            passphrase.Length = source.Read(new PassphraseRequest(node, path, attempt), passphrase.Room);
            if (passphrase.Length == 0)
                throw Locked($"{node} stays locked: {source.Name} gave no passphrase for {path}.");
            try
            {
                var content = new SecretBuffer(file.Decrypt(passphrase.Bytes));
                if (opened is not null)
                {
                    passphrase.Bytes.CopyTo(opened.Room);
                    opened.Length = passphrase.Length;
                }

                return content;
            }
            catch (AgeException e) when (e.Fault == AgeFault.WrongPassphrase)
            {
                if (attempt == source.Attempts)
                    throw Locked($"{node} stays locked: the passphrase from {source.Name} is wrong for {path}.");
            }
            catch (OutOfMemoryException e)
            {
                throw new FirnException(FailureReason.HomeUnusable, $"{path} takes more memory to open than this system gives.", e);
            }
        }
    }

    private FirnException NoWay(string path, NodeName node) => Locked(
        $"{node} is locked: its key in {path} is encrypted, and nothing gives the passphrase. Looked for "
        + string.Join("; ", sources.Select(source => $"{source.Name}: {source.WhyNot}")) + ".");

    private static FirnException Locked(string message) => new(FailureReason.IdentityLocked, message);
}
