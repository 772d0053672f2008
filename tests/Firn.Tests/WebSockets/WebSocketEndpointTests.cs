using System.Net;
using System.Net.WebSockets;
using Firn.AspNetCore;
using Firn.Testing;
using Firn.Transports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Firn.Tests.WebSockets;

/// <summary>Requests for WebSockets that never become one.</summary>
public sealed class WebSocketEndpointTests : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly List<IPendingLink> _taken = [];

    public void Dispose()
    {
        _stopping.Dispose();
        _aborted.Dispose();
    }

    [Fact]
    public async Task A_web_server_that_is_stopping_says_that_the_node_does_not_run()
    {
        await _stopping.CancelAsync();
        var (context, body) = Request();

        await WebSocketEndpoint.ServeAsync(context, Door());

        context.Response.StatusCode.ShouldBe(StatusCodes.Status503ServiceUnavailable);
        System.Text.Encoding.UTF8.GetString(body.ToArray()).ShouldBe("The node does not run.\n");
        _taken.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_leaves_while_it_waits_for_its_handshake_waits_no_longer()
    {
        var (context, _) = Request();
        var serving = WebSocketEndpoint.ServeAsync(context, Door());
        _taken.ShouldHaveSingleItem();
        serving.IsCompleted.ShouldBeFalse();

        await _aborted.CancelAsync();

        await serving.WaitAsync(EventLog.Ceiling);
    }

    private WebSocketDoor Door() => new(_taken.Add, TimeProvider.System, static (_, _) => false, _stopping.Token);

    private (DefaultHttpContext Context, MemoryStream Body) Request()
    {
        var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestAborted = _aborted.Token };
        context.Features.Set<IHttpWebSocketFeature>(new Upgradable());
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Headers.SecWebSocketProtocol = WebSocketProtocol.SubProtocol;
        context.Response.Body = body;
        return (context, body);
    }

    private sealed class Upgradable : IHttpWebSocketFeature
    {
        public bool IsWebSocketRequest => true;

        public Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) => throw new NotSupportedException("None of these gets so far.");
    }
}
