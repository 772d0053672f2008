using System.Runtime.CompilerServices;

namespace Firn.Discovery;

/// <summary>The addresses that the user has given: said once, for as long as the node lives.</summary>
internal sealed class StaticPeers(IReadOnlyList<NodeAddress> peers) : IPeerSource
{
    public string Name => "list";

    public async IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        for (int i = 0; i < peers.Count; i++)
            yield return new PeerFound($"{i}", [peers[i]]);   // the address itself may be longer than a key
    }
}
