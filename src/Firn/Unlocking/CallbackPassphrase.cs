namespace Firn.Unlocking;

/// <summary>A passphrase that the program gives.</summary>
internal sealed class CallbackPassphrase(PassphraseReader reader) : PassphraseSource
{
    public override string Name => "the program";

    public override int Attempts => Unlocker.Tries;

    public override int Read(PassphraseRequest request, Span<byte> passphrase) => reader(request, passphrase);
}
