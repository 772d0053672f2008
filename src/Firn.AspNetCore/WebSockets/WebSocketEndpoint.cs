using Firn.Transports;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Firn.AspNetCore;

/// <summary>A node as requests for WebSockets meet it.</summary>
/// <param name="Take">Gets each; decides whether and when its handshake begins.</param>
/// <param name="Time">The node's.</param>
/// <param name="Close">Ends the session over a link with a goodbye, for a reason; false if there is none.</param>
/// <param name="Stopping">Cancelled when the web server is about to stop, before which its sessions end.</param>
internal sealed record WebSocketDoor(
    Action<IPendingLink> Take, TimeProvider Time, Func<ILink, string, bool> Close, CancellationToken Stopping);

/// <summary>What is answered at <c>/firn</c>: a WebSocket for nodes, a sentence for others.</summary>
internal static class WebSocketEndpoint
{
    /// <summary>Serves one request, for as long as its link lives; <paramref name="door"/> is null while no node runs.</summary>
    public static Task ServeAsync(HttpContext context, WebSocketDoor? door)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketVersion = "13";   // RFC 6455, section 4.4
            return RefuseAsync(
                context, StatusCodes.Status426UpgradeRequired, $"Nodes of Firn open WebSockets here (subprotocol {WebSocketProtocol.SubProtocol}).");
        }

        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(WebSocketProtocol.SubProtocol))
            return RefuseAsync(context, StatusCodes.Status400BadRequest, $"Expected a WebSocket of subprotocol {WebSocketProtocol.SubProtocol}, that of Firn.");
        return door is null || door.Stopping.IsCancellationRequested
            ? RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The node does not run.")
            : TakeAsync(context, door);
    }

    /// <summary>A sentence, after which the connection is closed.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain";
        context.Response.Headers.Append(HeaderNames.Connection, "close");
        return context.Response.WriteAsync(sentence + "\n", context.RequestAborted);
    }

    private static async Task TakeAsync(HttpContext context, WebSocketDoor door)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            TcpDialer.Tune(socket, new TcpOptions());
        var pending = new HttpPendingLink(context, door.Time);
        try
        {
            door.Take(pending);
            context.Features.Get<WaitingRoom.Place>()?.Dispose();   // the node counts it from here on
            using (door.Stopping.Register(() => End(door, pending)))
                await pending.Ended.ConfigureAwait(false);
        }
        finally
        {
            pending.Leave();
        }
    }

    private static void End(WebSocketDoor door, HttpPendingLink pending)
    {
        if (pending.Link is not { } link || !door.Close(link, "the web server is stopping"))
            pending.Dispose();
    }
}
