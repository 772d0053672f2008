using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Firn.AspNetCore;

/// <summary>
/// Messages through the control API: the process and its node are in the query, the body is the message, byte for byte. So is the answer
/// to a call the reply.
/// </summary>
internal sealed class MessageEndpoints(IControlledNode node)
{
    /// <summary>Names the node that replied.</summary>
    public const string NodeHeader = "Firn-Node";

    /// <summary>Bytes of a message, and so of these requests.</summary>
    public const int MaxMessageBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    public async Task SendAsync(HttpContext http)
    {
        var (process, at) = ReadTarget(http.Request);
        var body = await ReadMessageAsync(http).ConfigureAwait(false);
        var sent = await node.SendAsync(process, at, body, http.RequestAborted).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, sent, ControlJson.Default.SentBody).ConfigureAwait(false);
    }

    public async Task CallAsync(HttpContext http)
    {
        var (process, at) = ReadTarget(http.Request);
        var timeout = ReadTimeout(http.Request);
        var body = await ReadMessageAsync(http).ConfigureAwait(false);
        var reply = await node.CallAsync(process, at, body, timeout, http.RequestAborted).ConfigureAwait(false);
        http.Response.ContentType = IsJson(reply.Body) ? "application/json" : "application/octet-stream";
        http.Response.ContentLength = reply.Body.Length;
        http.Response.Headers[NodeHeader] = reply.Node;
        await http.Response.Body.WriteAsync(reply.Body, http.RequestAborted).ConfigureAwait(false);
    }

    public async Task NamesAsync(HttpContext http)
    {
        var names = await node.NamesAsync(Query(http.Request, "node"), http.RequestAborted).ConfigureAwait(false);
        await ControlAnswers.WriteAsync(http, names, ControlJson.Default.NamesBody).ConfigureAwait(false);
    }

    private static (string Process, string Node) ReadTarget(HttpRequest request)
    {
        if (Query(request, "process") is { } process && Query(request, "node") is { } at)
            return (process, at);
        throw new FirnException(FailureReason.InvalidInput, $"{request.Path} expects process=NAME and node=NODE in its query, and the message as its body");
    }

    private static TimeSpan ReadTimeout(HttpRequest request)
    {
        if (Query(request, "timeoutMs") is not { } text)
            return DefaultTimeout;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)
            && milliseconds > 0 && milliseconds <= MaxTimeout.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new FirnException(
                FailureReason.InvalidInput, $"timeoutMs is \"{text}\": expected a number of milliseconds, 1 to {MaxTimeout.TotalMilliseconds:0}");
    }

    private static async Task<ReadOnlyMemory<byte>> ReadMessageAsync(HttpContext http)
    {
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxMessageBytes;
        using var body = new MemoryStream((int)Math.Min(http.Request.ContentLength ?? 0, MaxMessageBytes));
        await http.Request.Body.CopyToAsync(body, http.RequestAborted).ConfigureAwait(false);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static string? Query(HttpRequest request, string name) => request.Query[name] is [{ Length: > 0 } value] ? value : null;

    private static bool IsJson(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            while (reader.Read())
            {
            }

            return reader.BytesConsumed > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
