using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Firn.AspNetCore;

/// <summary>Answers of the control API: JSON, failures, and streams of server-sent events (WHATWG HTML, section 9.2).</summary>
internal static class ControlAnswers
{
    public static Task WriteAsync<T>(HttpContext http, T body, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, type);
        http.Response.ContentType = contentType;
        http.Response.ContentLength = json.Length;
        return http.Response.Body.WriteAsync(json, http.RequestAborted).AsTask();
    }

    public static Task FailAsync(HttpContext http, int status, FailureReason reason, string message) =>
        FailAsync(http, status, new ErrorBody(ControlJson.Spell(reason), message));

    public static Task FailAsync(HttpContext http, int status, ErrorBody error)
    {
        http.Response.StatusCode = status;
        return WriteAsync(http, error, ControlJson.Default.ErrorBody, "application/problem+json");
    }

    /// <summary>The head of a stream of events goes out at once: whoever has it misses nothing from here on.</summary>
    public static Task BeginEventsAsync(HttpContext http, CancellationToken cancellationToken)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.Body.FlushAsync(cancellationToken);
    }

    /// <summary>One event: its type and one line of JSON.</summary>
    public static async Task WriteEventAsync<T>(
        HttpContext http, string kind, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        string data = JsonSerializer.Serialize(body, type);
        await http.Response.WriteAsync($"event: {kind}\ndata: {data}\n\n", cancellationToken).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}
