using Microsoft.AspNetCore.Http;

namespace Firn.Benchmarks;

internal static class Http2Server
{
    /// <summary>Sends a small body back, and reads a larger one to its end.</summary>
    public static Task AnswerAsync(HttpContext context) =>
        context.Request.ContentLength <= Payloads.Small.Length ? EchoAsync(context) : ReadAsync(context);

    private static async Task EchoAsync(HttpContext context)
    {
        var body = new byte[(int)context.Request.ContentLength!];
        await context.Request.Body.ReadExactlyAsync(body);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }

    private static async Task ReadAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        bool isCompleted = false;
        while (!isCompleted)
        {
            var read = await body.ReadAsync();
            body.AdvanceTo(read.Buffer.End);
            isCompleted = read.IsCompleted;
        }
    }
}
