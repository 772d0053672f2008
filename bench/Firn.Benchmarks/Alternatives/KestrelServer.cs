using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Firn.Benchmarks;

/// <summary>Kestrel with its defaults, under the same TLS as raw: what the alternatives talk to.</summary>
internal static class KestrelServer
{
    /// <summary>A WebSocket whose messages are counted; the count is sent when its client closes.</summary>
    public const string Messages = "/messages";

    /// <summary>A WebSocket, or POSTs: what is small is sent back, what is larger is read.</summary>
    public const string Calls = "/calls";

    public static async Task<(IAsyncDisposable Server, string Address)> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, UseTls));
        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.MapGet(Messages, async (HttpContext context) => await WebSocketServer.CountAsync(await AcceptAsync(context)));
        app.MapGet(Calls, async (HttpContext context) => await WebSocketServer.AnswerAsync(await AcceptAsync(context)));
        app.MapPost(Calls, Http2Server.AnswerAsync);
        await app.StartAsync();
        return (app, new Uri(app.Urls.Single()).Authority);
    }

    private static Task<WebSocket> AcceptAsync(HttpContext context) => context.WebSockets.AcceptWebSocketAsync();

    private static void UseTls(ListenOptions listen)
    {
        var tls = RawTls.Server(isChecked: true);
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls) });
    }
}
