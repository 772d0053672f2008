using System.Net;
using System.Runtime.CompilerServices;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Discovery;

/// <summary>
/// The addresses of a DNS name, each of them a place. They are looked up again when their time to live is over, which counts as 5 seconds at
/// least and 5 minutes at most, and all of them said again: what had been given up is then tried once more. While no name server answers,
/// what was there counts.
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
                var found = Others(answer, self).ToDictionary(static address => address.ToString(), StringComparer.Ordinal);
                foreach (string gone in said.Except(found.Keys).ToList())
                    yield return new PeerLost(gone);
                foreach (var (key, address) in found)
                    yield return new PeerFound(key, [address]);
                said = [.. found.Keys];
            }

            var pause = answer is null || answer.TimeToLive < Shortest ? Shortest : answer.TimeToLive > Longest ? Longest : answer.TimeToLive;
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Without those of this node, as far as its machine knows them: the others turn out to be its own when they are dialled.</summary>
    private static IEnumerable<NodeAddress> Others(DnsAnswer answer, NodeSelf self)
    {
        var own = OwnAddresses.Of(self.Listening);
        return answer.EndPoints.Select(AddressOf).Distinct().Where(address => !own.Contains(address));
    }

    private static NodeAddress AddressOf(IPEndPoint at) => NodeAddress.Create(
        "tcp", at.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{new IPAddress(at.Address.GetAddressBytes())}]" : at.Address.ToString(), at.Port);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No name server answers for {Name}; what it led to before still counts")]
    private static partial void LogNoAnswer(ILogger logger, string name);
}
