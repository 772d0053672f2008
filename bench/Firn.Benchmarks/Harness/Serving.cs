using System.Text.Json;

namespace Firn.Benchmarks;

/// <summary>The other process: says where it listens, then answers every line of its input with what it uses, until its input ends.</summary>
internal static class Serving
{
    /// <summary>What the kinds begin with that are a node which listens on a scheme: <c>firn-ws</c>.</summary>
    public const string Over = "firn-";

    /// <param name="kind">What to be.</param>
    /// <param name="interval">Ping interval in milliseconds; of discovery, the number of nodes; of its flood, packets a second.</param>
    public static async Task RunAsync(string kind, int interval)
    {
        var (server, address) = await StartAsync(kind, interval);
        await using (server)
        {
            Console.WriteLine(address);
            while (await Console.In.ReadLineAsync() is { } line)
                Console.WriteLine(JsonSerializer.Serialize(Usage.Measure(collect: line == "collect")));
        }
    }

    private static async Task<(IAsyncDisposable Server, string Address)> StartAsync(string kind, int interval)
    {
        if (kind == Over + RelayedNode.Scheme)
        {
            var relayed = await RelayedNode.StartAsync(interval);
            return (relayed, relayed.Address);
        }

        if (kind == "firn" || kind.StartsWith(Over, StringComparison.Ordinal))
        {
            string scheme = kind == "firn" ? "tcp" : kind[Over.Length..];
            var node = await FirnServer.StartAsync(interval, $"{scheme}://127.0.0.1:0");
            return (node, node.Self.Listening[0].ToString());
        }

        if (kind.StartsWith(RawQuic.Kind, StringComparison.Ordinal))
            return await RawQuicServer.StartAsync(kind);

        if (kind == "discovery")
            return (DiscoveryServer.Start(interval), "");

        if (kind == "discovery-flood")
            return (DiscoveryFlood.Start(interval), "");

        if (kind == "kestrel")
            return await KestrelServer.StartAsync();

        var raw = kind switch
        {
            "raw" => new RawServer(RawEcho.PostedAsync),
            "raw-frugal" => new RawServer(RawEcho.FrugalAsync),
            "raw-unchecked" => new RawServer(RawEcho.PostedAsync, isChecked: false),
            "raw-messages" => new RawServer(tls => RawMessageSink.ServeAsync(tls, isTargeted: false)),
            "raw-targeted" => new RawServer(tls => RawMessageSink.ServeAsync(tls, isTargeted: true)),
            "raw-stream" => new RawServer(RawStreamSink.ServeAsync),
            "raw-calls" => new RawServer(RawCallServer.ServeAsync),
            _ => throw new UsageException($"\"{kind}\" is no kind of server."),
        };
        return (raw, raw.Address);
    }
}
