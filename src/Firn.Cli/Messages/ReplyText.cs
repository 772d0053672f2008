using System.Text;
using System.Text.Json;

namespace Firn.Cli;

/// <summary>How a reply is printed: a JSON string as its text, other JSON as it is, anything else byte for byte.</summary>
internal static class ReplyText
{
    public static void Print(TextWriter output, byte[] reply)
    {
        if (TryParse(reply) is { } json)
            output.WriteLine(Shown(output, json.ValueKind == JsonValueKind.String ? json.GetString()! : Encoding.UTF8.GetString(reply)));
        else if (output == Console.Out && !Terminal.IsTerminal(output))
            PrintBytes(reply);
        else
            output.Write(Shown(output, Encoding.UTF8.GetString(reply)));
    }

    /// <summary>The JSON that <paramref name="reply"/> is; null if it is none.</summary>
    public static JsonElement? TryParse(byte[] reply)
    {
        try
        {
            return JsonElement.Parse(reply);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Shown(TextWriter output, string text) => Terminal.IsTerminal(output) ? Printable.Lines(text) : text;

    private static void PrintBytes(byte[] reply)
    {
        Console.Out.Flush();
        using var raw = Console.OpenStandardOutput();
        raw.Write(reply);
    }
}

/// <summary>What <c>firn call --json</c> says: the reply if it is JSON, else its bytes in base64.</summary>
internal sealed record CallRecord(string Process, string Node)
{
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Reply { get; init; }

    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Bytes { get; init; }

    public static CallRecord Of(string process, string node, byte[] reply) => ReplyText.TryParse(reply) is { } json
        ? new CallRecord(process, node) { Reply = json }
        : new CallRecord(process, node) { Bytes = reply };
}
