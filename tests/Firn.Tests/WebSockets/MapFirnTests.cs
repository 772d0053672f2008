using System.Net;
using System.Net.Sockets;
using System.Text.Encodings.Web;
using Firn.Testing;
using Firn.Tests.Transports;
using Firn.Transports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Firn.Tests.WebSockets;

/// <summary>A node in an application that has endpoints of its own, and asks for a login by default.</summary>
public sealed class MapFirnTests : WebSocketNodeFixture
{
    [Fact]
    public async Task Nodes_reach_it_at_its_endpoint_beside_others_and_without_a_login()
    {
        await using var app = await StartAppAsync();
        var a = await DiallerAsync("a");

        var peer = await a.Node.ConnectAsync(AddressOf(app)).WaitAsync(EventLog.Ceiling);
        await peer.PingAsync().WaitAsync(EventLog.Ceiling);

        peer.Name.Name.ShouldBe("app");
        app.Services.GetRequiredService<Node>().Peers.ShouldHaveSingleItem().Transport.ShouldBe("ws");
        using var http = new HttpClient();
        using var refused = await http.GetAsync(UriOf(app, "/hello"));
        using var plain = await http.GetAsync(UriOf(app, "/firn"));
        (refused.StatusCode, plain.StatusCode).ShouldBe((HttpStatusCode.Unauthorized, HttpStatusCode.UpgradeRequired));
    }

    [Fact]
    public async Task An_application_that_stops_says_goodbye_and_does_not_wait_for_its_sessions()
    {
        var app = await StartAppAsync();
        var a = await DiallerAsync("a");
        await a.Node.ConnectAsync(AddressOf(app)).WaitAsync(EventLog.Ceiling);

        await app.StopAsync().WaitAsync(EventLog.Ceiling);

        (await a.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Shutdown);
        await app.DisposeAsync();
    }

    [Fact]
    public async Task The_source_is_that_of_forwarded_headers_where_the_application_takes_them()
    {
        await using var app = await StartAppAsync(app => app.UseForwardedHeaders(new ForwardedHeadersOptions
        {
            ForwardedHeaders = Microsoft.AspNetCore.HttpOverrides.ForwardedHeaders.XForwardedFor,
        }));
        var a = await DiallerAsync("a");
        await a.Node.ConnectAsync(AddressOf(app)).WaitAsync(EventLog.Ceiling);
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.AddSubProtocol("firn.1");
        socket.Options.SetRequestHeader("X-Forwarded-For", "203.0.113.7");
        var node = app.Services.GetRequiredService<Node>();
        var events = new EventLog(node);

        await socket.ConnectAsync(new Uri(UriOf(app, "/firn").ToString().Replace("http", "ws", StringComparison.Ordinal)), CancellationToken.None);
        await socket.SendAsync("no TLS"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Binary, true, CancellationToken.None);

        (await events.FirstAsync<RefusedEvent>()).Source.ShouldBe("203.0.113.7");
        node.Peers.ShouldHaveSingleItem().Address.Host.ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task Its_connections_hold_little_that_is_unsent()
    {
        var seen = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await StartAppAsync(app => app.Use((context, next) =>
        {
            seen.TrySetResult(context.Features.Get<IConnectionSocketFeature>()!.Socket);
            return next(context);
        }));
        var a = await DiallerAsync("a");

        await a.Node.ConnectAsync(AddressOf(app)).WaitAsync(EventLog.Ceiling);

        var socket = await seen.Task;
        socket.NoDelay.ShouldBeTrue();
        if (OperatingSystem.IsLinux())
            socket.UnsentLowWater().ShouldBe(new TcpOptions().UnsentLowWater);
    }

    [Fact]
    public async Task It_asks_for_no_login_and_is_ended_by_no_timeout_of_the_application()
    {
        await using var app = await StartAppAsync();

        var metadata = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.Single(endpoint => endpoint.DisplayName == "Firn").Metadata;

        metadata.GetMetadata<IAllowAnonymous>().ShouldNotBeNull();
        metadata.GetMetadata<DisableRequestTimeoutAttribute>().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_node_that_has_stopped_is_said_to_have()
    {
        await using var app = await StartAppAsync();
        await app.Services.GetRequiredService<Node>().DisposeAsync();
        var a = await DiallerAsync("a");

        var error = await DialFailureAsync(a, AddressOf(app).ToString());

        error.Reason.ShouldBe(FailureReason.NotFirn);
        error.Message.ShouldContain("503");
    }

    [Fact]
    public void An_application_without_a_node_is_told_what_is_missing()
    {
        var builder = WebApplication.CreateSlimBuilder();
        using var app = (IDisposable)builder.Build();

        Should.Throw<InvalidOperationException>(() => ((WebApplication)app).MapFirn()).Message.ShouldContain("AddFirn()");
    }

    private static async Task<WebApplication> StartAppAsync(Action<WebApplication>? before = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddAuthentication("none").AddScheme<AuthenticationSchemeOptions, NobodyHandler>("none", null);
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        builder.Services.AddFirn(options =>
        {
            (options.Name, options.Ephemeral, options.Cookie) = ("app@app.lan", true, NodeGroup.Cookie);
            options.Listen.Add("tcp://127.0.0.1:0");
        });
        var app = builder.Build();
        before?.Invoke(app);
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/hello", () => "hello");
        app.MapFirn("/firn");
        await app.StartAsync();
        return app;
    }

    private static Uri UriOf(WebApplication app, string path) => new(new Uri(app.Urls.First()), path);

    private static NodeAddress AddressOf(WebApplication app) => NodeAddress.Create("ws", "127.0.0.1", UriOf(app, "/").Port);

    private sealed class NobodyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());
    }
}
