using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Firn.AspNetCore;

namespace Firn.Cli;

/// <summary>JSON for programs: one value on one line.</summary>
internal static class JsonLines
{
    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type)
    {
        output.WriteLine(JsonSerializer.Serialize(value, type));
        output.Flush();
    }

    /// <summary>The first line of <c>firn up --json</c>: the status as an event.</summary>
    public static string Started(StatusBody status)
    {
        var started = new JsonObject { ["event"] = "started" };
        var members = JsonSerializer.SerializeToNode(status, ControlJson.Default.StatusBody)!.AsObject();
        foreach (var (name, value) in members)
            started[name] = value?.DeepClone();
        return started.ToJsonString();
    }
}
