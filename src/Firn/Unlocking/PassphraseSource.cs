namespace Firn.Unlocking;

/// <summary>A place that a passphrase may come from.</summary>
internal abstract class PassphraseSource
{
    public const int MaxBytes = 1024;

    /// <summary>The file in <c>$CREDENTIALS_DIRECTORY</c> (systemd.exec(5), LoadCredential=).</summary>
    public const string CredentialName = "firn-passphrase";

    public const string FileVariable = "FIRN_PASSPHRASE_FILE";

    /// <summary>What it is called, after "the passphrase from".</summary>
    public abstract string Name { get; }

    /// <summary>Why it cannot be asked, in a clause; null when it can.</summary>
    public virtual string? WhyNot => null;

    /// <summary>How often it is asked when what it gives is wrong.</summary>
    public virtual int Attempts => 1;

    /// <summary>Writes the passphrase into <paramref name="passphrase"/> and returns its length; 0 when it gives none.</summary>
    /// <exception cref="FirnException">It is there but cannot be read.</exception>
    public abstract int Read(PassphraseRequest request, Span<byte> passphrase);

    /// <summary>
    /// Those that ask nobody, in this order: the systemd credential, the file that <c>FIRN_PASSPHRASE_FILE</c> names,
    /// <c>FIRN_PASSPHRASE</c>.
    /// </summary>
    public static IReadOnlyList<PassphraseSource> Unattended(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        return [FilePassphrase.Credential(environment("CREDENTIALS_DIRECTORY")), FilePassphrase.Named(environment(FileVariable)), new VariablePassphrase()];
    }
}
