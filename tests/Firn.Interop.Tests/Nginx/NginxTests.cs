using System.Net;
using Firn.Testing;

namespace Firn.Interop.Tests;

/// <summary>What nginx does of its own accord.</summary>
public sealed class NginxTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly NodeGroup _nodes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync() => await _nodes.DisposeAsync();

    [ToolFact("nginx")]
    public async Task An_idle_session_outlives_the_read_timeout_because_it_pings_and_another_does_not()
    {
        await using var nginx = await NginxServer.StartAsync(readTimeout: TimeSpan.FromSeconds(2));
        var (pings, rests) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1));
        var (lively, mute) = (await ServeAsync("lively", pings), await ServeAsync("mute", rests));
        var (a, b) = (await ServeAsync("a", pings), await ServeAsync("b", rests));
        await a.Node.ConnectAsync(nginx.Before(lively.Address.Port)).WaitAsync(EventLog.Ceiling);
        var peer = await b.Node.ConnectAsync(nginx.Before(mute.Address.Port)).WaitAsync(EventLog.Ceiling);

        var cut = await b.Events.FirstAsync<PeerDownEvent>();

        (cut.Peer, cut.Reason).ShouldBe((peer, EndReason.TransportError));
        a.Events.Of<PeerDownEvent>().ShouldBeEmpty();   // though it was there first
    }

    [ToolFact("nginx")]
    public async Task An_nginx_that_was_not_told_of_WebSockets_is_told_of()
    {
        await using var nginx = await NginxServer.StartAsync(upgrade: false);
        var (a, b) = (await ServeAsync("a"), await ServeAsync("b"));

        var error = await Should.ThrowAsync<FirnException>(() => a.Node.ConnectAsync(nginx.Before(b.Address.Port)).WaitAsync(EventLog.Ceiling));

        error.Reason.ShouldBe(FailureReason.NotFirn);
        error.Message.ShouldContain("answered 426");
        error.Message.ShouldContain("the headers Upgrade and Connection");
    }

    [ToolFact("nginx")]
    public async Task An_nginx_whose_node_does_not_run_is_told_of()
    {
        await using var nginx = await NginxServer.StartAsync();
        var (a, b) = (await ServeAsync("a"), await ServeAsync("b"));
        await b.DisposeAsync();

        var error = await Should.ThrowAsync<FirnException>(() => a.Node.ConnectAsync(nginx.Before(b.Address.Port)).WaitAsync(EventLog.Ceiling));

        error.Reason.ShouldBe(FailureReason.NotFirn);
        error.Message.ShouldContain("answered 502");
    }

    [ToolFact("nginx")]
    public async Task A_browser_behind_nginx_is_told_what_is_here()
    {
        await using var nginx = await NginxServer.StartAsync();
        var b = await ServeAsync("b");
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var http = new HttpClient(handler);
        var address = nginx.Before(b.Address.Port);

        using var answer = await http.GetAsync(new Uri($"https://{address.Host}:{address.Port}/firn"));

        answer.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("subprotocol firn.1");
    }

    private Task<LiveNode> ServeAsync(string name, TimeSpan? pingInterval = null) => _nodes.StartAsync(name, options =>
    {
        options.Listen.Clear();
        options.Listen.Add("ws://127.0.0.1:0");
        options.ServeWebSockets();
        options.Mesh = MeshMode.None;
        options.PingInterval = pingInterval ?? options.PingInterval;
    });
}
