using System.Runtime.CompilerServices;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Discovery;

/// <summary>
/// The addresses of a DNS name, each host and port a place: where TCP and QUIC are spoken is one node. They are looked up again when their time
/// to live is over, which counts as 5 seconds at least and 5 minutes at most, and all of them said again: what had been given up is then tried
/// once more. While no name server answers, what was there counts.
/// </summary>
internal sealed partial class DnsPeers(DnsPlace place, IDnsLookup dns, TimeProvider time, ILogger logger) : IPeerSource
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5), Longest = TimeSpan.FromMinutes(5);

    public string Name => "dns";

    public async IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<string> said = [];
        bool hasFailed = false;
        while (true)
        {
            var answer = await dns.FindAsync(place, cancellationToken).ConfigureAwait(false);
            if (answer is null)
            {
                if (!hasFailed)
                    LogNoAnswer(logger, place.Name);
                hasFailed = true;
            }
            else
            {
                hasFailed = false;
                var found = Others(answer, self).GroupBy(static address => $"{address.Host}:{address.Port}").ToList();
                foreach (string gone in said.Except(found.Select(static node => node.Key)).ToList())
                    yield return new PeerLost(gone);
                foreach (var node in found)
                    yield return new PeerFound(node.Key, [.. node]);
                said = [.. found.Select(static node => node.Key)];
            }

            var pause = answer is null || answer.TimeToLive < Shortest ? Shortest : answer.TimeToLive > Longest ? Longest : answer.TimeToLive;
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Without those of this node, as far as its machine knows them: the others turn out to be its own when they are dialled.</summary>
    private static IEnumerable<NodeAddress> Others(DnsAnswer answer, NodeSelf self)
    {
        var own = OwnAddresses.Of([], self.Listening);
        return answer.Addresses.Distinct().Where(address => !own.Contains(address));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No name server answers for {Name}; what it led to before still counts")]
    private static partial void LogNoAnswer(ILogger logger, string name);
}
