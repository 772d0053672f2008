using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>What to type on another machine to join this node.</summary>
internal static class JoinHint
{
    /// <param name="self">The node.</param>
    /// <param name="lan">An address of this machine in its network, if it has one.</param>
    /// <param name="cookieFile">The file the cookie came from, if it is not the home's.</param>
    /// <param name="advertised">Where others reach this node besides where it listens.</param>
    public static IReadOnlyList<string> Lines(StatusBody self, string? lan, string? cookieFile, IEnumerable<string>? advertised = null)
    {
        var known = advertised?.Select(NodeAddress.Parse).FirstOrDefault();
        List<NodeAddress> listening = [.. self.Listening.Select(NodeAddress.Parse)];
        if (listening.Count == 0 && known is null)
            return ["it listens nowhere, so nobody can join it; 'firn dial ADDRESS' reaches others"];

        var (address, isLocal) = known is null ? Reachable(listening, lan) : (Show(known, known.Host), false);
        string options = (self.Admission == "cookie" ? "" : $" --admit {self.Admission}") + (cookieFile is null ? "" : $" --cookie-file {cookieFile}")
            + (self.Cluster == "default" ? "" : $" --cluster {self.Cluster}");
        string who = isLocal ? "another node on this machine" : "another machine";
        string how = cookieFile is not null ? $"with a copy of {cookieFile}:"
            : isLocal ? "with:"
            : "with this cookie ('firn cookie show' here, 'firn cookie import' there), then:";
        string join = $"  firn up{options} --peer {address}";
        string[] trust = [$"  firn trust add {self.Did}", "  firn trust add ITS-DID, here"];
        return self.Admission switch
        {
            "cookie" => [$"{who} joins {how}", join],
            "trust" => [$"{who} joins when each trusts the other's key:", .. trust, join],
            _ => [$"{who} joins when each trusts the other's key:", .. trust, $"and {how}", join],
        };
    }

    private static (string Address, bool IsLocal) Reachable(List<NodeAddress> listening, string? lan)
    {
        var everywhere = listening.Find(address => address.Host is "0.0.0.0" or "[::]");
        if (everywhere is not null)
            return lan is null ? (Show(everywhere, "127.0.0.1"), true) : (Show(everywhere, lan), false);

        var far = listening.Find(address => !IsLoopback(address));
        return far is not null ? (Show(far, far.Host), false) : (Show(listening[0], listening[0].Host), true);
    }

    private static bool IsLoopback(NodeAddress address) =>
        address.Host is "localhost" or "[::1]" || address.Host.StartsWith("127.", StringComparison.Ordinal);

    private static string Show(NodeAddress address, string host) =>
        (address.Scheme == "tcp" ? "" : address.Scheme + "://")
        + host
        + (address == NodeAddress.Parse($"{address.Scheme}://{address.Host}") ? "" : $":{address.Port}");
}
