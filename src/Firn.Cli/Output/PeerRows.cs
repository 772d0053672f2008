using System.Globalization;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>Peers as people read them: one row each.</summary>
internal static class PeerRows
{
    public static readonly IReadOnlyList<string> Headings = ["NAME", "ADDRESS", "DIRECTION", "ROLE", "BY", "RTT", "UP"];

    public static IReadOnlyList<string> Row(PeerBody peer, DateTime now) =>
    [
        Printable.Line(peer.Name),
        Printable.Line(Where(peer.Address, peer.Via)),
        peer.Direction,
        peer.Role,
        By(peer),
        peer.RttMs is { } rtt ? Milliseconds(rtt) : "-",
        Durations.Show(now - peer.ConnectedAt),
    ];

    /// <summary>The table of <c>firn peers</c>.</summary>
    public static IEnumerable<string> Table(IEnumerable<PeerBody> peers, DateTime now) =>
        Columns.Align(Headings, peers.Select(peer => Row(peer, now)));

    /// <summary>What admitted it: <c>cookie</c>, <c>old cookie</c>, <c>trust</c>, <c>trust, old cookie</c>.</summary>
    private static string By(PeerBody peer)
    {
        string cookie = peer.Cookie == "old" ? "old cookie" : "cookie";
        return peer.Admission switch
        {
            "trust" => "trust",
            "both" => $"trust, {cookie}",
            _ => cookie,
        };
    }

    /// <summary>Its address, or through whom it is connected.</summary>
    public static string Where(string address, string? via) => via is null ? address : $"via {via}";

    /// <summary>Three digits that matter: <c>0.213 ms</c>, <c>12.4 ms</c>, <c>230 ms</c>.</summary>
    public static string Milliseconds(double value) =>
        value.ToString(value < 10 ? "0.000" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture) + " ms";
}
