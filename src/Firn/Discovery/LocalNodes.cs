using System.Runtime.CompilerServices;
using Firn.Identity;
using Firn.Runtime;

namespace Firn.Discovery;

/// <summary>
/// The nodes of the same home on this machine, as they are at the start. Those that come later find this one by themselves, so nobody need
/// keep looking.
/// </summary>
internal sealed class LocalNodes(FirnHome home) : IPeerSource
{
    public string Name => "local";

    public async IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var other in RunningNodes.List(home).Where(n => n.Did != self.Did && n.Cluster == self.Cluster && n.Listening.Count > 0))
            yield return new PeerFound(other.Did.ToString(), [OwnAddresses.FromThisMachine(other.Listening[0])], other.Did);
    }
}
