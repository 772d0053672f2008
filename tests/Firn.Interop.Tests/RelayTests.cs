using System.Text.Json;

using Firn.Testing;

using Xunit.Abstractions;

namespace Firn.Interop.Tests;

/// <summary>Three machines: a and c have no route to each other, b has one to either, and forwards no packets.</summary>
public sealed class RelayTests(ITestOutputHelper report)
{
    [NamespaceFact]
    public async Task Two_machines_without_a_route_ping_each_other_through_a_third_that_relays()
    {
        await using NetworkNamespace networkA = await NetworkNamespace.CreateAsync();
        await using NetworkNamespace networkB = await NetworkNamespace.CreateAsync();
        await using NetworkNamespace networkC = await NetworkNamespace.CreateAsync();
        await VethPair.LayAsync(networkA, "10.34.81.1/24", networkB, "10.34.81.2/24");
        await VethPair.LayAsync(networkC, "10.34.82.1/24", networkB, "10.34.82.2/24");
        await using var homeA = new NodeHome { Network = networkA.Name };
        await using var homeB = new NodeHome { Network = networkB.Name };
        await using var homeC = new NodeHome { Network = networkC.Name };
        CommandResult cookie = await homeA.RunAsync("cookie", "show");
        await Task.WhenAll(
            homeB.RunWithInputAsync(cookie.Output, "cookie", "import"), homeC.RunWithInputAsync(cookie.Output, "cookie", "import"));
        (await networkA.RunAsync("ip", "route", "get", "10.34.82.1")).Errors.ShouldContain("unreachable");

        FirnNode[] ends = await Task.WhenAll(homeA.UpAsync("--name", "a@a.lan"), homeC.UpAsync("--name", "c@c.lan"));
        (FirnNode a, FirnNode c) = (ends[0], ends[1]);
        string[] relaying = ["--name", "b@b.lan", "--relay", "--peer", "10.34.81.1", "--peer", "10.34.82.1"];
        FirnNode b = await homeB.UpAsync(relaying);

        OutputLine up = await a.SeesAsync("peerUp", c);
        up.Json().GetProperty("peer").GetProperty("via").GetString().ShouldBe("b@b.lan");
        await c.SeesAsync("peerUp", a);
        JsonElement ping = (await a.RunAsync("ping", "c@c.lan", "-c", "5", "-i", "10ms", "--json")).Json;
        report.WriteLine(ping.ToString());
        ping.GetProperty("received").GetInt32().ShouldBe(5);
        (await a.RunAsync("peers")).Output.ShouldContain("via b@b.lan");
        JsonElement pair = (await b.RunAsync("status", "--json")).Json.GetProperty("relay").GetProperty("pairs")[0];
        (pair.GetProperty("one").GetString(), pair.GetProperty("other").GetString()).ShouldBe(("a@a.lan", "c@c.lan"));
        pair.GetProperty("bytes").GetInt64().ShouldBeGreaterThan(1_000);

        b.Process.Send(Signal.Kill);
        OutputLine[] downs = await Task.WhenAll(a.SeesAsync("peerDown", c), c.SeesAsync("peerDown", a));
        downs.ShouldAllBe(down => down.Json().GetProperty("reason").GetString() == "relayLost");
        await b.Process.WaitForExitAsync();

        await homeB.UpAsync(relaying);
        await Task.WhenAll(a.SeesAsync("peerUp", c, downs[0]), c.SeesAsync("peerUp", a, downs[1]));
    }
}
