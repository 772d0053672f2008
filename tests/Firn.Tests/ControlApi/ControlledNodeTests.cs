using Firn.AspNetCore;
using Firn.Testing;
using Firn.Tests.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Firn.Tests;

/// <summary>The control API over real nodes.</summary>
public class ControlledNodeTests : NodeFixture
{
    [Fact]
    public async Task A_dial_through_the_API_makes_a_peer_that_it_lists_pings_and_hangs_up()
    {
        var alpha = await StartAsync("alpha");
        var beta = await StartAsync("beta");
        await using var served = await ServedNode.StartAsync(new ControlledNode(alpha.Node));
        using var client = served.Client();
        (await client.PeersAsync(CancellationToken.None)).ShouldBeEmpty();

        var dialled = await client.DialAsync(beta.Address.ToString(), CancellationToken.None);
        var again = await client.DialAsync(beta.Address.ToString(), CancellationToken.None);
        var pinged = await client.PingAsync("be", CancellationToken.None);
        var listed = (await client.PeersAsync(CancellationToken.None)).ShouldHaveSingleItem();
        var status = await client.StatusAsync(CancellationToken.None);

        (listed.Name, listed.Direction, listed.Transport).ShouldBe(("beta@beta.lan", "outbound", "tcp"));
        listed.Did.ShouldBe(beta.Node.Self.Did.ToString());
        listed.Incarnation.ShouldBe(beta.Node.Self.Incarnation.Value);
        listed.ConnectedAt.Kind.ShouldBe(DateTimeKind.Utc);
        listed.RttMs.ShouldNotBeNull();
        new[] { dialled.SessionId, again.SessionId }.ShouldAllBe(id => id == listed.SessionId);
        pinged.RttMs.ShouldBeGreaterThan(0);
        (status.Name, status.Peers).ShouldBe(("alpha@alpha.lan", 1));
        status.Listening.ShouldBe([alpha.Address.ToString()]);

        (await client.HangupAsync("beta", CancellationToken.None)).Name.ShouldBe("beta@beta.lan");
        await alpha.WaitUntilPeersAsync();
        (await client.PeersAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Names_are_pinned_and_forgotten_through_the_API()
    {
        var alpha = await StartAsync("alpha");
        var beta = await StartAsync("beta");
        var trusted = await StartAsync("trusted");
        await alpha.Node.TrustAsync(trusted.Node.Self.Did, "trusted");
        await using var served = await ServedNode.StartAsync(new ControlledNode(alpha.Node));
        using var client = served.Client();
        var peer = await client.DialAsync(beta.Address.ToString(), CancellationToken.None);
        (peer.Admission, peer.Cookie).ShouldBe(("cookie", "current"));
        (await client.StatusAsync(CancellationToken.None)).Admission.ShouldBe("cookie");

        (await client.PinsAsync(CancellationToken.None)).Select(pin => (pin.Name, pin.Kind, pin.Connected)).ShouldBe(
            [("beta@beta.lan", "recent", true), ("trusted", "trusted", false)]);
        (await FailureAsync("beta")).ShouldContain("firn hangup");
        (await FailureAsync("trusted")).ShouldContain($"firn trust remove {trusted.Node.Self.Did}");
        (await FailureAsync("gamma")).ShouldContain("firn pins list");

        await client.HangupAsync("beta", CancellationToken.None);
        await alpha.WaitUntilPeersAsync();
        (await client.ForgetPinAsync("beta", CancellationToken.None)).Did.ShouldBe(beta.Node.Self.Did.ToString());
        (await client.PinsAsync(CancellationToken.None)).ShouldHaveSingleItem();
        (await client.ReloadAsync(CancellationToken.None)).ShouldBe(new ReloadBody("alpha@alpha.lan", 0));

        async Task<string> FailureAsync(string name)
        {
            var failure = await Should.ThrowAsync<FirnException>(() => client.ForgetPinAsync(name, CancellationToken.None));
            failure.Reason.ShouldBe(FailureReason.InvalidInput);
            return failure.Message;
        }
    }

    [Fact]
    public async Task A_dial_with_another_cookie_fails_with_its_reason()
    {
        var alpha = await StartAsync("alpha");
        var stranger = await StartAsync("stranger", options => options.Cookie = NodeGroup.OtherCookie);
        await using var served = await ServedNode.StartAsync(new ControlledNode(stranger.Node));
        using var client = served.Client();

        var failure = await Should.ThrowAsync<FirnException>(
            () => client.DialAsync(alpha.Address.ToString(), CancellationToken.None));

        failure.Reason.ShouldBe(FailureReason.AuthenticationFailed);
    }

    [Fact]
    public async Task Peers_that_come_and_go_are_events_with_reasons()
    {
        var alpha = await StartAsync("alpha");
        var beta = await StartAsync("beta");
        using var ceiling = new CancellationTokenSource(EventLog.Ceiling);
        var told = new ControlledNode(alpha.Node).WatchAsync(ceiling.Token);

        await beta.ConnectAsync(alpha);
        await alpha.PeerAsync("beta");
        await beta.DisposeAsync();

        var events = new List<EventBody>();
        await foreach (var e in told)
        {
            events.Add(e);
            if (e.Event == "peerDown")
                break;
        }

        events.First(e => e.Event == "peerUp").Peer!.Name.ShouldBe("beta@beta.lan");
        events[^1].Reason.ShouldBe("shutdown");
    }

    [Fact]
    public async Task A_node_without_a_home_has_no_place_for_a_control_socket()
    {
        var alpha = await StartAsync("alpha");

        var failure = await Should.ThrowAsync<FirnException>(() => Firn.ControlApi.StartAsync(alpha.Node));

        failure.Reason.ShouldBe(FailureReason.Unsupported);
    }

    [Fact]
    public async Task The_health_check_is_healthy_while_the_node_runs()
    {
        var alpha = await StartAsync("alpha");
        var services = new ServiceCollection().AddLogging().AddSingleton(alpha.Node);
        services.AddHealthChecks().AddFirn();
        await using var provider = services.BuildServiceProvider();
        var health = provider.GetRequiredService<HealthCheckService>();

        var running = (await health.CheckHealthAsync()).Entries["firn"];
        running.Status.ShouldBe(HealthStatus.Healthy);
        running.Data["peers"].ShouldBe(0);

        await alpha.DisposeAsync();
        (await health.CheckHealthAsync()).Entries["firn"].Status.ShouldBe(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task The_health_check_is_unhealthy_before_the_host_has_started_the_node()
    {
        var services = new ServiceCollection().AddLogging().AddFirn()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddHealthChecks().AddFirn();
        await using var provider = services.BuildServiceProvider();

        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        report.Entries["firn"].Status.ShouldBe(HealthStatus.Unhealthy);
        report.Entries["firn"].Exception.ShouldBeNull();
    }
}
