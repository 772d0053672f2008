using System.Text.Json;

namespace Firn.Testing;

/// <summary>Lines of output that hold one JSON object each, among others that do not.</summary>
internal static class JsonLine
{
    /// <summary>The object on this line.</summary>
    public static JsonElement Json(this OutputLine line) =>
        TryParse(line.Text) ?? throw new JsonException($"Not a JSON object: {line.Text}");

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
