namespace Firn;

/// <summary>Which passphrase is wanted: the one of an identity key that lies encrypted on the disk.</summary>
/// <param name="Node">The node whose identity it is.</param>
/// <param name="Path">The file with the key.</param>
/// <param name="Attempt">1 at first; a higher one after a passphrase that was wrong. The third one is the last.</param>
public sealed record PassphraseRequest(NodeName Node, string Path, int Attempt);

/// <summary>
/// Writes a passphrase, UTF-8, into <paramref name="passphrase"/>, 1,024 bytes that are wiped soon after, and returns its length; 0 gives
/// up. Called while the node starts, on the thread pool, and may block; an exception ends the start.
/// </summary>
/// <param name="request">What it is for.</param>
/// <param name="passphrase">Where it goes.</param>
public delegate int PassphraseReader(PassphraseRequest request, Span<byte> passphrase);
