using Firn.Unlocking;

namespace Firn.Cli;

/// <summary>A passphrase that somebody types, three times at most.</summary>
internal sealed class TerminalPassphrase(CancellationToken stop) : PassphraseSource
{
    public override string Name => "the terminal";

    public override string? WhyNot => HiddenPrompt.WhyNot();

    public override int Attempts => Unlocker.Tries;

    public override int Read(PassphraseRequest request, Span<byte> passphrase)
    {
        string again = request.Attempt == 1 ? "" : $"That was wrong. Try {request.Attempt} of {Attempts}: ";
        return HiddenPrompt.Ask($"{again}Passphrase of {request.Node}: ", passphrase, stop);
    }
}
