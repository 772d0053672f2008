using System.Runtime.CompilerServices;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>The peers that are there and everything that happens from then on: no gap, and nothing told twice.</summary>
internal static class PeerFeed
{
    public static IAsyncEnumerable<EventBody> From(IControlledNode node, CancellationToken stop)
    {
        var events = node.WatchAsync(stop);   // before the peers are read: what happens in between shows up in both
        return Join(node.Peers(), events, stop);
    }

    private static async IAsyncEnumerable<EventBody> Join(
        IReadOnlyList<PeerBody> peers, IAsyncEnumerable<EventBody> events, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var peer in peers)
            yield return new EventBody("peerUp", peer.ConnectedAt) { Peer = peer };

        var told = peers.Select(peer => peer.SessionId).ToHashSet(StringComparer.Ordinal);
        await foreach (var e in events.WithCancellation(stop))
        {
            if (e is not { Event: "peerUp", Peer: { } peer } || !told.Remove(peer.SessionId))
                yield return e;
        }
    }
}
