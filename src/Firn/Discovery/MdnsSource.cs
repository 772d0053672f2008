using System.Net.NetworkInformation;
using System.Runtime.CompilerServices;
using Firn.Protocol;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Discovery;

/// <summary>
/// Nodes on the links of this machine, by multicast DNS; and this node for them. It decides nothing: packets, links and time go to
/// <see cref="MdnsRules"/>, what these want goes out.
/// </summary>
/// <param name="admission">Whom the node admits at this moment.</param>
/// <param name="isKnown">Whether a key is trusted, pinned, or was met before.</param>
/// <param name="clock">The node's clocks.</param>
/// <param name="logger">The node's log.</param>
internal sealed class MdnsSource(Func<AdmissionPolicy> admission, Func<Did, bool> isKnown, NodeClock clock, ILogger logger) : IPeerSource
{
    public string Name => "mdns";

    public static MdnsSource For(NodeCore node) => new(
        () => node.Setup.Handshake.Admission, did => node.Decide((rules, _) => rules.IsKnown(did)), node.Clock, node.Logger);

    public async IAsyncEnumerable<PeerSighting> WatchAsync(NodeSelf self, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var events = new MdnsEvents(clock);
        using var sockets = new MdnsSockets(events, clock, logger);
        using var look = new MdnsLook(self, admission, isKnown, clock, logger);
        var rules = new MdnsRules(self.Name, self.Did, look.Judge, Random.Shared.NextDouble);
        void OnChange(object? sender, EventArgs e) => events.AskToLook();
        NetworkChange.NetworkAddressChanged += OnChange;
        try
        {
            while (true)
            {
                if (events.TakeLook())
                    look.Look(rules, sockets);
                while (events.TryTake(out var datagram))
                    rules.Receive(datagram.Link, datagram.Bytes, datagram.Source, datagram.IsMulticast, clock.Now);

                rules.Tick(clock.Now);
                sockets.Send(rules.TakePackets());
                foreach (var sighting in rules.TakeSightings())
                    yield return ToPublic(sighting);
                await events.WaitAsync(Math.Min(rules.NextDue, look.NextDue), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= OnChange;
            rules.SayGoodbye(clock.Now);
            sockets.Send(rules.TakePackets());
        }
    }

    private static PeerSighting ToPublic(MdnsSighting sighting) => sighting.Addresses is { } addresses
        ? new PeerFound(sighting.Key, addresses, sighting.Did)
        : new PeerLost(sighting.Key);
}
