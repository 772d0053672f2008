using Firn.Protocol;
using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary>Nodes that reach each other where nothing but HTTP gets through.</summary>
public sealed class WebSocketTests : NodeTests
{
    [Fact]
    public async Task A_node_that_serves_wss_is_dialled_through_the_proxy_of_the_environment_and_tells_where_it_is()
    {
        await using var proxy = new ProxyServer { Credential = new System.Net.NetworkCredential("user", "pass") };
        FirnNode server = await Home.UpAsync("--name", "server", "--no-discovery", "--listen", "wss://127.0.0.1:0", "--advertise", "wss://mesh.example.com");
        Home.Environment["HTTPS_PROXY"] = $"http://user:pass@127.0.0.1:{proxy.Port}";
        FirnNode client = await Home.UpAsync("--name", "client", "--no-discovery", "--peer", $"wss://server.example:{server.Port}");

        await FirnNode.MeetAsync(client, server);

        proxy.Asked.ShouldBe([$"CONNECT server.example:{server.Port}"]);
        CommandResult peers = await client.RunAsync("peers", "--json");
        peers.Output.ShouldContain("\"wss\"");
        CommandResult invite = await server.RunAsync("invite", "--json");
        using var line = InviteLine.Parse(invite.Json.GetProperty("line").GetString()!);
        line.Addresses[0].ToString().ShouldBe("wss://mesh.example.com:443");
        client.Process.Send(Signal.Terminate);
        (await server.SeesAsync("peerDown", client)).Text.ShouldContain("shutdown");
    }
}
