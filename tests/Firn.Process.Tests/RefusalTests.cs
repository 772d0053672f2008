using System.Net;
using System.Text.Json;

using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Who is not let in, and what both ends are told.</summary>
public sealed class RefusalTests : NodeTests
{
    private FirnNode _alpha = null!;

    public override async Task InitializeAsync() => _alpha = await Home.UpAsync("--name", "alpha", "--no-discovery");

    [Fact]
    public async Task With_another_cookie_both_ends_say_so()
    {
        await using var elsewhere = new NodeHome();
        FirnNode stranger = await elsewhere.UpAsync("--name", "stranger");

        CommandResult dial = await stranger.RunAsync("dial", _alpha.Address);

        Refusal(dial).ShouldContain("cookies differ");
        JsonElement refused = (await _alpha.SeesAsync("refused")).Json();
        refused.GetProperty("reason").GetString().ShouldBe("authenticationFailed");
        refused.GetProperty("message").GetString()!.ShouldContain("cookies differ");
    }

    [Fact]
    public async Task Another_cluster_is_named_as_the_reason()
    {
        FirnNode other = await Home.UpAsync("--name", "other", "--cluster", "other", "--no-discovery");

        CommandResult dial = await other.RunAsync("dial", _alpha.Address, "--json");

        Refusal(dial).ShouldContain("cluster");
        dial.Json.GetProperty("reason").GetString().ShouldBe("clusterDiffers");
        (await _alpha.SeesAsync("refused")).Json().GetProperty("reason").GetString().ShouldBe("clusterDiffers");
    }

    [Fact]
    public async Task Nobody_dials_oneself_or_takes_one_node_for_another()
    {
        CommandResult self = await _alpha.RunAsync("dial", _alpha.Address, "--json");
        Refusal(self).ShouldContain("this node");
        self.Json.GetProperty("reason").GetString().ShouldBe("self");

        FirnNode gamma = await Home.UpAsync("--name", "gamma", "--no-discovery");
        CommandResult wrong = await gamma.RunAsync("dial", $"beta@{_alpha.Address}", "--json");
        Refusal(wrong).ShouldContain("Another node");
        wrong.Json.GetProperty("reason").GetString().ShouldBe("wrongPeer");
        (await gamma.PeersAsync()).ShouldBeEmpty();
        (await _alpha.PeersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dial_that_fails_says_what_became_of_each_way()
    {
        using var closed = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        string nobody = $"localhost:{((IPEndPoint)closed.LocalEndpoint).Port}";
        closed.Stop();

        CommandResult dial = await _alpha.RunAsync("dial", nobody, "--json");

        dial.ExitCode.ShouldBe(1);
        var ways = dial.Json.GetProperty("ways").EnumerateArray().ToList();
        ways.ShouldAllBe(way => way.GetProperty("reason").GetString() == "unreachable");
        string[] lines = dial.Errors.TrimEnd().Split('\n');
        if (ways.Count == 1)   // where localhost is one address
        {
            lines.ShouldHaveSingleItem().ShouldContain("refused");
        }
        else
        {
            lines[0].ShouldBe($"firn: None of {ways.Count} ways led to tcp://{nobody}:");
            lines[1..].ShouldAllBe(line => line.StartsWith("  ") && line.Contains("refused"));
            lines.Length.ShouldBe(1 + ways.Count);
        }
    }

    [Fact]
    public async Task A_browser_is_told_what_the_port_speaks()
    {
        using var http = new HttpClient();

        using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://{_alpha.Address}/"));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Firn");
        (await _alpha.SeesAsync("refused")).Json().GetProperty("reason").GetString().ShouldBe("notFirn");
    }
}
