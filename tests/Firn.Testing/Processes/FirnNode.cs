using System.Text.Json;

namespace Firn.Testing;

/// <summary>A running <c>firn up --json</c>: what it said of itself at its start, and what it says since.</summary>
internal sealed class FirnNode
{
    private FirnNode(NodeHome home, ChildProcess process, JsonElement started)
    {
        (Home, Process, Started) = (home, process, started);
        Name = started.GetProperty("name").GetString()!;
        Port = new Uri(started.GetProperty("listening")[0].GetString()!).Port;
    }

    public NodeHome Home { get; }

    public ChildProcess Process { get; }

    /// <summary>Its first line: its status.</summary>
    public JsonElement Started { get; }

    public string Name { get; }

    public ulong Incarnation => Started.GetProperty("incarnation").GetUInt64();

    /// <summary>The port that it listens on first.</summary>
    public int Port { get; }

    /// <summary>Where others on this machine dial it.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>All that has happened there so far.</summary>
    public IReadOnlyList<JsonElement> Events => [.. Process.Output.Lines.Select(line => JsonLine.TryParse(line.Text)).OfType<JsonElement>().Skip(1)];

    /// <summary>Its last line so far: a mark to look on from.</summary>
    public OutputLine Mark => Process.Output.Lines[^1];

    public static async Task<FirnNode> StartAsync(NodeHome home, ChildProcess process)
    {
        OutputLine first = await process.WaitForJsonAsync(json => json.IsEvent("started"));
        return new FirnNode(home, process, first.Json());
    }

    /// <summary>The next event of this kind.</summary>
    public Task<OutputLine> SeesAsync(string kind, OutputLine? after = null, TimeSpan? ceiling = null) =>
        Process.WaitForJsonAsync(json => json.IsEvent(kind), after, ceiling, $"{Name} says {kind}");

    /// <summary>The next event of this kind about a peer.</summary>
    public Task<OutputLine> SeesAsync(string kind, FirnNode peer, OutputLine? after = null, TimeSpan? ceiling = null) =>
        Process.WaitForJsonAsync(
            json => json.IsEvent(kind) && IsOf(json, peer) && json.GetProperty("peer").GetProperty("incarnation").GetUInt64() == peer.Incarnation,
            after, ceiling, $"{Name} says {kind} of {peer.Name}, incarnation {peer.Incarnation}");

    /// <summary>How often events of this kind, about this peer if it is given, have happened so far.</summary>
    public int Count(string kind, FirnNode? peer = null) => Events.Count(json => json.IsEvent(kind) && (peer is null || IsOf(json, peer)));

    /// <summary>Both see each other up.</summary>
    public static Task MeetAsync(FirnNode one, FirnNode other) => Task.WhenAll(one.SeesAsync("peerUp", other), other.SeesAsync("peerUp", one));

    /// <summary>Runs a <c>firn</c> command about this node to its end.</summary>
    public Task<CommandResult> RunAsync(params IEnumerable<string> arguments) => Home.RunAsync([.. arguments, "--node", Name]);

    private static bool IsOf(JsonElement json, FirnNode peer) =>
        json.TryGetProperty("peer", out JsonElement body) && body.GetProperty("name").GetString() == peer.Name;
}
