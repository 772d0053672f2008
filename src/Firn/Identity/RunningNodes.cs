using System.Text.Json;
using System.Text.Json.Serialization;

namespace Firn.Identity;

/// <summary>
/// What a running node tells the other programs of its user on this machine. Its control socket is a path, on Windows the name of a
/// pipe; null when it has none.
/// </summary>
internal sealed record RunningNode(
    NodeName Name,
    Did Did,
    int ProcessId,
    string Cluster,
    IReadOnlyList<NodeAddress> Listening,
    string? ControlSocket,
    DateTimeOffset StartedAt);

/// <summary>
/// The nodes that run under a home: each keeps a <c>running.json</c> in its directory. Only those count whose lock is held, so that
/// a killed process leaves nothing behind that is believed.
/// </summary>
internal static class RunningNodes
{
    private const string FileName = "running.json";
    private const int MaxBytes = 64 * 1024;

    /// <summary>Announces <paramref name="self"/>, the node that holds <paramref name="node"/>, or what has changed about it.</summary>
    public static void Announce(NodeHome node, RunningNode self) => PrivateFiles.Replace(
        Path.Combine(node.Directory!, FileName), JsonSerializer.SerializeToUtf8Bytes(Entry.Of(self), EntryJson.Default.Entry));

    /// <summary>Takes the announcement back; called before the node's home is let go.</summary>
    public static void Withdraw(NodeHome node) => PrivateFiles.Delete(Path.Combine(node.Directory!, FileName));

    /// <summary>All nodes that run under <paramref name="home"/> at this instant, ordered by name, the caller's own among them.</summary>
    public static IReadOnlyList<RunningNode> List(FirnHome home)
    {
        var parent = home.In(NodeDirectory.Parent);
        if (!Directory.Exists(parent))
            return [];

        var directories = PrivateFiles.Guard(parent, () => Directory.GetDirectories(parent));
        return [.. directories.Select(TryRead).OfType<RunningNode>().OrderBy(node => node.Name.ToString(), StringComparer.Ordinal)];
    }

    private static RunningNode? TryRead(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (PrivateFiles.TryRead(path, MaxBytes) is not { } bytes)
            return null;

        bool runs = NodeLock.IsHeld(directory, whenFree: () => PrivateFiles.Delete(path));
        return runs ? Parse(bytes) : null;
    }

    /// <summary>Null for what is not whole: another version's file must not keep this one from working.</summary>
    private static RunningNode? Parse(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, EntryJson.Default.Entry)?.ToNode();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The shape of <c>running.json</c>.</summary>
internal sealed record Entry(
    string Name, string Did, int ProcessId, string Cluster, string[] Listening, string? ControlSocket, DateTimeOffset StartedAt)
{
    public static Entry Of(RunningNode node) => new(
        node.Name.ToString(),
        node.Did.ToString(),
        node.ProcessId,
        node.Cluster,
        [.. node.Listening.Select(address => address.ToString())],
        node.ControlSocket,
        node.StartedAt);

    public RunningNode? ToNode()
    {
        if (!NodeName.TryParse(Name, out var name, out _) || !Firn.Did.TryParse(Did, out var did) || Listening is null)
            return null;

        var listening = new List<NodeAddress>();
        foreach (var text in Listening)
        {
            if (NodeAddress.TryParse(text, out var address, out _))
                listening.Add(address);
        }

        return new RunningNode(name, did, ProcessId, Cluster ?? "", listening, ControlSocket, StartedAt);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Entry))]
internal sealed partial class EntryJson : JsonSerializerContext;
