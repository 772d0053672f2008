using Firn.Hosting;
using Firn.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Firn.Tests.Hosting;

/// <summary>A node in a .NET host.</summary>
public sealed class HostingTests
{
    [Fact]
    public async Task A_host_runs_a_node_with_its_configuration()
    {
        using var host = Build(new()
        {
            ["Firn:Cluster"] = "orders",
            ["Firn:Listen:0"] = "tcp://127.0.0.1:0",
            ["Firn:Peers:0"] = "127.0.0.1:1",
            ["Firn:Capabilities:0"] = NodeCapability.Exit,
            ["Firn:RoleHint:Mode"] = "Prefer",
            ["Firn:RoleHint:Role"] = "Exit",
            ["Firn:Mesh"] = "None",
            ["Firn:PingInterval"] = "00:00:07",
        });
        await host.StartAsync();
        var node = host.Services.GetRequiredService<Node>();

        node.Self.Name.ToString().ShouldBe("hosted@h.lan");
        node.Self.Cluster.ShouldBe("orders");
        node.Self.Listening.ShouldHaveSingleItem().Host.ShouldBe("127.0.0.1");
        node.Description.Capabilities.ShouldBe([NodeCapability.Exit]);
        node.Description.RoleHint.ShouldBe(RoleHint.Prefer(NodeRole.Exit));
        var options = host.Services.GetRequiredService<IOptions<NodeOptions>>().Value;
        (options.Mesh, options.PingInterval, options.Peers.Single()).ShouldBe((MeshMode.None, TimeSpan.FromSeconds(7), "127.0.0.1:1"));

        await host.StopAsync();
        node.Stopped.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task The_node_is_there_while_other_services_start_and_says_goodbye_after_they_have_stopped()
    {
        await using var group = new NodeGroup();
        var other = await group.StartAsync("other");
        using var host = Build(new() { ["Firn:Listen:0"] = "tcp://127.0.0.1:0", ["Firn:Peers:0"] = other.Address.ToString() }, services =>
            services.AddHostedService<Worker>());

        await host.StartAsync();
        var worker = host.Services.GetServices<IHostedService>().OfType<Worker>().Single();
        worker.Started.ShouldBe("hosted@h.lan");
        await other.PeerAsync("hosted");
        await host.StopAsync();

        worker.WasRunningWhenStopped.ShouldBeTrue();
        (await other.Events.FirstAsync<PeerDownEvent>()).Reason.ShouldBe(EndReason.Shutdown);
    }

    [Fact]
    public async Task A_node_that_cannot_start_stops_the_host_with_its_sentence()
    {
        using var host = Build(new() { ["Firn:Listen:0"] = "tcp://192.0.2.1:3476" });
        var service = host.Services.GetRequiredService<NodeService>();
        var waiting = service.WhenStartedAsync();

        var error = await Should.ThrowAsync<FirnException>(() => host.StartAsync());

        error.Reason.ShouldBe(FailureReason.CannotListen);
        (await Should.ThrowAsync<FirnException>(() => waiting)).ShouldBeSameAs(error);
        service.IsRunning.ShouldBeFalse();
    }

    [Fact]
    public async Task A_node_asked_for_too_early_says_what_to_do()
    {
        using var host = Build(new() { ["Firn:Listen:0"] = "tcp://127.0.0.1:0" });

        var error = Should.Throw<InvalidOperationException>(() => host.Services.GetRequiredService<Node>());

        error.Message.ShouldContain("WhenStartedAsync");
        await host.StartAsync();
        await host.StopAsync();
    }

    [Fact]
    public async Task The_health_check_follows_the_node()
    {
        using var host = Build(new() { ["Firn:Listen:0"] = "tcp://127.0.0.1:0" }, services => services.AddHealthChecks().AddFirn());
        var health = host.Services.GetRequiredService<HealthCheckService>();

        var before = (await health.CheckHealthAsync()).Entries["firn"];
        (before.Status, before.Description).ShouldBe((HealthStatus.Unhealthy, "the node has not started"));
        await host.StartAsync();
        var running = (await health.CheckHealthAsync()).Entries["firn"];
        (running.Status, running.Data["peers"]).ShouldBe((HealthStatus.Healthy, 0));
        await host.StopAsync();
        var after = (await health.CheckHealthAsync()).Entries["firn"];
        (after.Status, after.Description).ShouldBe((HealthStatus.Unhealthy, "the node has stopped"));
    }

    [Fact]
    public async Task A_host_that_is_disposed_without_a_stop_disposes_the_node()
    {
        Node node;
        using (var host = Build(new() { ["Firn:Listen:0"] = "tcp://127.0.0.1:0" }))
        {
            await host.StartAsync();
            node = host.Services.GetRequiredService<Node>();
        }

        node.Stopped.IsCancellationRequested.ShouldBeTrue();
    }

    private static IHost Build(Dictionary<string, string?> settings, Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings);
        more?.Invoke(builder.Services);
        builder.Services.AddFirn(options =>
        {
            options.Name = "hosted@h.lan";
            options.Ephemeral = true;
            options.Cookie = NodeGroup.Cookie;
        });
        return builder.Build();
    }

    private sealed class Worker(NodeService service) : IHostedService
    {
        public string? Started { get; private set; }

        public bool WasRunningWhenStopped { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Started = service.Node.Self.Name.ToString();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            WasRunningWhenStopped = service.IsRunning && service.Node.Peers.Count == 1;
            return Task.CompletedTask;
        }
    }
}
