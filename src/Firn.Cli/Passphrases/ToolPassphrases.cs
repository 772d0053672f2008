using System.Security.Cryptography;
using Firn.Identity;
using Firn.Unlocking;

namespace Firn.Cli;

/// <summary>Where the tool has passphrases from: what needs nobody to ask, and then the terminal.</summary>
internal static class ToolPassphrases
{
    public static IReadOnlyList<PassphraseSource> Sources(CancellationToken stop) => [.. PassphraseSource.Unattended(), new TerminalPassphrase(stop)];

    /// <summary>Opens what is encrypted.</summary>
    public static Unlocker Unlocker(CancellationToken stop) => new(Sources(stop));

    /// <summary>A passphrase to encrypt with; one that is typed is typed twice.</summary>
    /// <exception cref="FirnException">Nothing gives one, it is empty, or it was not the same twice.</exception>
    public static SecretBuffer New(NodeName node, string path, CancellationToken stop)
    {
        var sources = PassphraseSource.Unattended();
        if (sources.FirstOrDefault(source => source.WhyNot is null) is not { } source)
            return NewFromTerminal(sources, stop);

        var passphrase = new SecretBuffer(PassphraseSource.MaxBytes);
        passphrase.Length = source.Read(new PassphraseRequest(node, path, Attempt: 1), passphrase.Room);
        return passphrase;
    }

    /// <summary>A passphrase to encrypt with that only a person can give, since what needs nobody to ask gives the one before it.</summary>
    /// <exception cref="FirnException">Nobody can be asked, it is empty, or it was not the same twice.</exception>
    public static SecretBuffer NewFromTerminal(IReadOnlyList<PassphraseSource> lookedFor, CancellationToken stop)
    {
        if (HiddenPrompt.WhyNot() is { } whyNot)
        {
            string others = string.Concat(lookedFor.Select(source => $"{source.Name}: {source.WhyNot}; "));
            throw new FirnException(FailureReason.InvalidInput, $"nothing gives the new passphrase. Looked for {others}the terminal: {whyNot}");
        }

        var passphrase = new SecretBuffer(PassphraseSource.MaxBytes);
        using var again = new SecretBuffer(PassphraseSource.MaxBytes);
        passphrase.Length = HiddenPrompt.Ask("New passphrase: ", passphrase.Room, stop);
        if (passphrase.Length == 0)
            throw new FirnException(FailureReason.InvalidInput, "an empty passphrase protects nothing: nothing was changed");
        again.Length = HiddenPrompt.Ask("Once more: ", again.Room, stop);
        if (CryptographicOperations.FixedTimeEquals(passphrase.Bytes, again.Bytes))
            return passphrase;

        passphrase.Dispose();
        throw new FirnException(FailureReason.InvalidInput, "the two are not the same: nothing was changed");
    }
}
