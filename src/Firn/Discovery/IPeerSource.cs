namespace Firn;

/// <summary>
/// A source of places where nodes may be: a network, a directory, a list. What it says is a hint where to dial and no more: the
/// handshake proves who is there. Add your own with <see cref="NodeOptions.Sources"/>.
/// </summary>
public interface IPeerSource
{
    /// <summary>What logs and reports call it, one word: <c>mdns</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Tells what is there and what comes and goes, until cancelled, or until all is said. A node calls it once, when it listens; should it
    /// throw, that is logged, what it has said no longer counts, and it is called again after a pause that grows.
    /// </summary>
    /// <param name="self">The node that asks, which has no use for its own address.</param>
    /// <param name="cancellationToken">Cancelled when the node stops.</param>
    IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, CancellationToken cancellationToken);
}

/// <summary>A word of an <see cref="IPeerSource"/>.</summary>
/// <param name="Key">
/// What the source knows the place by; one key is one place. At most 256 characters, and 4,096 keys of a source at a time: what is beyond
/// that is passed over.
/// </param>
public abstract record PeerSighting(string Key);

/// <summary>
/// A node may be there; in place of what was said of the same key before. It is dialled until it was not reached 8 times, and again when it is
/// said elsewhere, or said once more after 5 minutes.
/// </summary>
/// <param name="Key">What the source knows the place by.</param>
/// <param name="Addresses">Where to dial, the likeliest first; of more than 8 the first count.</param>
/// <param name="Did">
/// Whose key is said to be there, if the source knows; another one is then refused. Without it nobody is dialled whose cookie is a passphrase.
/// </param>
public sealed record PeerFound(string Key, IReadOnlyList<NodeAddress> Addresses, Did? Did = null) : PeerSighting(Key);

/// <summary>The place is gone, as far as the source knows. A session with its node stays.</summary>
/// <param name="Key">What the source knew the place by.</param>
public sealed record PeerLost(string Key) : PeerSighting(Key);
