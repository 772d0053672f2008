using System.Text.Json;

namespace Firn.Testing;

/// <summary>Lines of output that hold one JSON object each, among others that do not.</summary>
internal static class JsonLine
{
    /// <summary>The object on this line.</summary>
    public static JsonElement Json(this OutputLine line) =>
        TryParse(line.Text) ?? throw new JsonException($"Not a JSON object: {line.Text}");

    /// <summary>Whether this is an event of that kind, as <c>firn up --json</c> and <c>firn events --json</c> write them.</summary>
    public static bool IsEvent(this JsonElement json, string kind) =>
        json.TryGetProperty("event", out JsonElement found) && found.GetString() == kind;

    public static JsonElement? TryParse(string text)
    {
        try
        {
            return text.StartsWith('{') ? JsonElement.Parse(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
