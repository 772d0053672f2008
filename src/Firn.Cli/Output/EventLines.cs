using System.Globalization;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>What happened, as a sentence for people.</summary>
internal static class EventLines
{
    /// <summary><see cref="Describe"/> behind the local time.</summary>
    public static string WithTime(EventBody e) =>
        string.Create(CultureInfo.InvariantCulture, $"{e.At.ToLocalTime():HH:mm:ss}  {Describe(e)}");

    public static string Describe(EventBody e) => Printable.Line(e switch
    {
        { Event: "peerUp", Peer: { } peer } => $"{peer.Name} is up: {PeerRows.Where(peer.Address, peer.Via)}, {peer.Direction}, {peer.Role}, {Rtt(peer)}",
        { Event: "peerDown", Peer: { } peer } => $"{peer.Name} is down: {e.Reason}{(peer.Via is null ? "" : $" (it was connected via {peer.Via})")}",
        { Event: "peerChanged", Peer: { } peer } => $"{peer.Name} changed: {peer.Role}, [{string.Join(", ", peer.Capabilities)}]",
        { Event: "dialFailed", Message: { } message } => message.Contains(e.Address!, StringComparison.Ordinal) ? message : $"{e.Address}: {message}",
        { Event: "refused", Reason: "connectionLost" } => $"{e.Source} left before it was a peer: {e.Message}",
        { Event: "refused" } => $"refused {e.Source}: {e.Message}",
        { Event: "warning" } => $"warning: {e.Message}",
        { Event: "eventsLost" } => $"{e.Count} events were lost here: this reader was too slow",
        _ => e.Event,
    });

    private static string Rtt(PeerBody peer) => peer.RttMs is { } rtt ? "RTT " + PeerRows.Milliseconds(rtt) : "RTT not yet known";
}
